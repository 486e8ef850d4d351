// SPDX-License-Identifier: BSD-2-Clause

//! Memory.

use core::ops::Deref;

use kaal_protocol::{Refusal, Request};
use sel4::FrameObjectType;

use crate::broker;
use crate::registers::Registers;

const PAGE_SIZE: usize = FrameObjectType::GRANULE.bytes();

/// Allocates memory, all zero; the size is rounded up to whole pages of 4 KiB.
///
/// # Errors
///
/// Fails where the quota or the machine's memory doesn't suffice.
pub fn allocate(bytes: usize) -> Result<&'static mut [u8], Refusal> {
    let request = Request::AllocateMemory {
        bytes: bytes as u64,
        writable: true,
    };
    let [address, ..] = broker::request(&request)?;
    let size = bytes.next_multiple_of(PAGE_SIZE);
    let start = core::ptr::with_exposed_provenance_mut(address as usize);
    // SAFETY: the broker has just mapped `size` bytes of memory there for this component only, and
    // they stay until this slice is given back.
    Ok(unsafe { core::slice::from_raw_parts_mut(start, size) })
}

/// Gives memory back.
///
/// # Errors
///
/// Fails where `memory` is not a whole piece as it was allocated.
pub fn free(memory: &'static mut [u8]) -> Result<(), Refusal> {
    broker::free(memory.as_ptr().expose_provenance() as u64)
}

/// One piece of uncached memory that a device may read and write at any time.
#[derive(Debug)]
pub struct DmaMemory {
    words: Registers,
    physical: u64,
}

impl DmaMemory {
    /// Allocates memory, all zero; the size is rounded up to a power of two, at least 4 KiB.
    ///
    /// # Errors
    ///
    /// Fails where the quota or the machine's memory doesn't suffice.
    pub fn allocate(bytes: usize) -> Result<Self, Refusal> {
        let request = Request::AllocateDma(bytes as u64);
        let [address, physical, ..] = broker::request(&request)?;
        let size = bytes.next_multiple_of(PAGE_SIZE).next_power_of_two();
        Ok(Self {
            words: Registers::new(address, size as u64),
            physical,
        })
    }

    /// Its physical address, for the device.
    pub fn physical(&self) -> u64 {
        self.physical
    }

    /// Gives the memory back. The device must no longer use it.
    ///
    /// # Errors
    ///
    /// Fails where it was given back already.
    pub fn free(self) -> Result<(), Refusal> {
        broker::free(self.words.address())
    }
}

/// Its words.
impl Deref for DmaMemory {
    type Target = Registers;

    fn deref(&self) -> &Registers {
        &self.words
    }
}
