// SPDX-License-Identifier: BSD-2-Clause

//! Memory.

use kaal_protocol::{Refusal, Request};

use crate::broker;

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

/// Allocates one piece of uncached memory for a device. Returns it and its physical address; the size
/// is rounded up to a power of two.
///
/// # Errors
///
/// Fails where the quota or the machine's memory doesn't suffice.
pub fn allocate_dma(bytes: usize) -> Result<(&'static mut [u8], u64), Refusal> {
    let request = Request::AllocateDma {
        bytes: bytes as u64,
    };
    let [address, physical, ..] = broker::request(&request)?;
    let size = bytes.next_multiple_of(PAGE_SIZE).next_power_of_two();
    Ok((slice(address, size), physical))
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
