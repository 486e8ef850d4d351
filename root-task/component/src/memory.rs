// SPDX-License-Identifier: BSD-2-Clause

//! Memory.

use kaal_protocol::{Refusal, Request};

use crate::broker;
use crate::words::Words;

const PAGE_SIZE: usize = 4096;

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
    Ok(slice(address, size))
}

/// Gives memory back.
///
/// # Errors
///
/// Fails where `memory` is not a whole piece as it was allocated.
pub fn free(memory: &'static mut [u8]) -> Result<(), Refusal> {
    let address = memory.as_ptr().expose_provenance() as u64;
    broker::request(&Request::Free { address }).map(drop)
}

fn slice(address: u64, size: usize) -> &'static mut [u8] {
    let start = core::ptr::with_exposed_provenance_mut(address as usize);
    // SAFETY: the broker has just mapped `size` bytes of memory there for this component only, and
    // they stay until this slice is given back.
    unsafe { core::slice::from_raw_parts_mut(start, size) }
}

/// One piece of uncached memory that a device may read and write at any time.
#[derive(Debug)]
pub struct DmaMemory {
    words: Words,
    physical: u64,
}

impl DmaMemory {
    /// Allocates memory, all zero; the size is rounded up to a power of two, at least 4 KiB.
    ///
    /// # Errors
    ///
    /// Fails where the quota or the machine's memory doesn't suffice.
    pub fn allocate(bytes: usize) -> Result<Self, Refusal> {
        let request = Request::AllocateDma {
            bytes: bytes as u64,
        };
        let [address, physical, ..] = broker::request(&request)?;
        let size = bytes.next_multiple_of(PAGE_SIZE).next_power_of_two();
        Ok(Self {
            words: Words::new(address, size as u64),
            physical,
        })
    }

    /// Its physical address, for the device.
    pub fn physical(&self) -> u64 {
        self.physical
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        self.words.size()
    }

    /// Reads the 32-bit word at `offset` bytes; 0 where there is none.
    pub fn read(&self, offset: usize) -> u32 {
        self.words.read(offset)
    }

    /// Writes the 32-bit word at `offset` bytes, if there is one.
    pub fn write(&self, offset: usize, value: u32) {
        self.words.write(offset, value);
    }

    /// Gives the memory back. The device must no longer use it.
    ///
    /// # Errors
    ///
    /// Fails where it was given back already.
    pub fn free(self) -> Result<(), Refusal> {
        let address = self.words.address();
        broker::request(&Request::Free { address }).map(drop)
    }
}
