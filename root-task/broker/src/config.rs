// SPDX-License-Identifier: BSD-2-Clause

//! Configuration and program of a component.

use kaal_protocol::ConsoleRights;

use crate::kernel::Access;
use crate::quota::Resources;
use crate::restart::Restart;

/// The badge bit that marks a component's faults; its requests lack it.
pub const FAULT_BADGE: u64 = 1 << 32;

/// The badge bit that marks calls that the broker gets in place of a service.
pub const ABSENT_BADGE: u64 = 1 << 33;

/// The right to ask something about other components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Inspect all components, resources and the audit log.
    Inspect,
    /// Restart other components.
    Restart,
    /// Tell the time.
    Tick,
    /// Report results of self-tests.
    Report,
    /// Replace the programs of other components, in development.
    Reload,
}

/// A component's number, from 1, which is also the badge of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComponentId(pub u16);

impl ComponentId {
    /// Returns the badge that identifies the component to the broker and to services.
    pub const fn badge(self) -> u64 {
        self.0 as u64
    }
}

/// The configuration of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Unique name.
    pub name: &'static str,
    /// Priority; 255 is the highest.
    pub priority: u8,
    /// Upper limit of its resources.
    pub quota: Resources,
    /// Size of the stack in bytes.
    pub stack: u64,
    /// Devices that it may request, by path, alias or `compatible` as for
    /// [`Device::find`](crate::Device::find).
    pub devices: &'static [&'static str],
    /// Its devices that access memory, and how to quiet each; `None` if there is no way. Without
    /// entries, it gets no memory for devices.
    pub dma: &'static [Option<Quiesce>],
    /// Services that it may offer.
    pub provides: &'static [&'static str],
    /// Services that it may use.
    pub needs: &'static [&'static str],
    /// Restart policy.
    pub restart: Restart,
    /// Run time in each period, in microseconds; ignored without MCS.
    pub budget: u64,
    /// Period in microseconds; ignored without MCS.
    pub period: u64,
    /// Whether it serves calls on its callers' time; ignored without MCS.
    pub passive: bool,
    /// The core that it runs on.
    pub affinity: u8,
    /// What it may ask about other components.
    pub operator: &'static [Right],
    /// Its rights at the console.
    pub console: ConsoleRights,
}

impl Config {
    /// A component without quota, rights and restarts.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            priority: 0,
            quota: Resources::new(0, 0),
            stack: 0,
            devices: &[],
            dma: &[],
            provides: &[],
            needs: &[],
            restart: Restart::Never,
            budget: 0,
            period: 0,
            passive: false,
            affinity: 0,
            operator: &[],
            console: ConsoleRights::NONE,
        }
    }
}

/// How to stop a device's accesses to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiesce {
    /// Physical address of a register of 32 bits.
    pub register: u64,
    /// The value to write there.
    pub value: u32,
    /// The value that the register then reads, once the device has stopped.
    pub read_back: u32,
}

/// A program to load.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// Address of the first instruction.
    pub entry: u64,
    /// Segments; no two share a page.
    pub segments: &'a [Segment<'a>],
}

/// A segment of a program.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Virtual address.
    pub address: u64,
    /// Size in bytes; the part behind `bytes` is zero.
    pub size: u64,
    /// Content of its first bytes.
    pub bytes: &'a [u8],
    /// Access rights.
    pub access: Access,
}
