// SPDX-License-Identifier: BSD-2-Clause

//! What a component is, and what it may have.

use crate::kernel::Access;
use crate::quota::Resources;
use crate::restart::Restart;

/// The badge bit that tells the faults of a component from its requests.
pub const FAULT_BADGE: u64 = 1 << 32;

/// A component's number, from 1. It is also the badge of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComponentId(pub u16);

impl ComponentId {
    /// The badge by which the broker and services know the component.
    pub const fn badge(self) -> u64 {
        self.0 as u64
    }

    /// Its place in a list of all components; `None` for 0.
    pub fn index(self) -> Option<usize> {
        usize::from(self.0).checked_sub(1)
    }
}

/// What a component is and may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Unique name.
    pub name: &'static str,
    /// Priority, 255 being the highest.
    pub priority: u8,
    /// What it may have at most.
    pub quota: Resources,
    /// Size of its stack in bytes.
    pub stack: u64,
    /// Devices that it may request, named as [`Device::find`](crate::Device::find) takes it.
    pub devices: &'static [&'static str],
    /// Services that it offers.
    pub provides: &'static [&'static str],
    /// Services that it may use.
    pub needs: &'static [&'static str],
    /// What to do when it fails.
    pub restart: Restart,
    /// Time that it may run in each period, in microseconds; has no effect without MCS.
    pub budget: u64,
    /// The period, in microseconds; has no effect without MCS.
    pub period: u64,
    /// Whether it may see and restart other components.
    pub operator: bool,
}

/// A program, ready to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// Address of the first instruction.
    pub entry: u64,
    /// Its parts, no two of which share a page.
    pub segments: &'a [Segment<'a>],
}

/// A part of a program.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Where it lies.
    pub address: u64,
    /// Its size in bytes; what `bytes` leaves is zero.
    pub size: u64,
    /// What is loaded to its beginning.
    pub bytes: &'a [u8],
    /// What it may be used for.
    pub access: Access,
}
