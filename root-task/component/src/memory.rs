// SPDX-License-Identifier: BSD-2-Clause

//! Memory for the component and for devices.

use core::ops::Deref;

use kaal_protocol::{Refusal, Request};
use sel4::FrameObjectType;

use crate::broker;
use crate::registers::Registers;

const PAGE_SIZE: usize = FrameObjectType::GRANULE.bytes();

/// Allocates zeroed memory. The size is rounded up to whole pages of 4 KiB.
///
/// ```no_run
/// # use kaal_component::{Refusal, allocate, free};
/// # fn run() -> Result<(), Refusal> {
/// let memory = allocate(5000)?;
/// assert_eq!(memory.len(), 8192);
/// memory.fill(0xff);
/// free(memory)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Fails if the quota or the machine's memory is exhausted.
pub fn allocate(bytes: usize) -> Result<&'static mut [u8], Refusal> {
    let [address, ..] = broker::request(&Request::AllocateMemory(bytes as u64, true))?;
    let size = bytes.next_multiple_of(PAGE_SIZE);
    let start = core::ptr::with_exposed_provenance_mut(address as usize);
    // SAFETY: the broker has just mapped `size` bytes there, for this component only. They stay
    // mapped until this slice is freed.
    Ok(unsafe { core::slice::from_raw_parts_mut(start, size) })
}

/// Frees memory of [`allocate`], which shows an example.
///
/// # Errors
///
/// Fails if `memory` isn't exactly an allocation.
pub fn free(memory: &'static mut [u8]) -> Result<(), Refusal> {
    broker::free(memory.as_ptr().expose_provenance() as u64)
}

/// Contiguous, uncached memory that a device may access at any time. So it stays allocated until the
/// component ends. The component's entry in `system.toml` must name the device in `dma`.
///
/// ```no_run
/// # use kaal_component::{DmaMemory, Refusal, Registers};
/// # fn run() -> Result<(), Refusal> {
/// /// The register with the address of the device's queue.
/// const QUEUE: usize = 0x80;
///
/// let device = Registers::request("/virtio_mmio@a000000")?;
/// let queue = DmaMemory::allocate(4096)?;
/// queue.write(0, 1);
/// device.write(QUEUE, queue.physical as u32);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DmaMemory {
    words: Registers,
    /// Its physical address.
    pub physical: u64,
}

impl DmaMemory {
    /// Allocates zeroed memory. The size is rounded up to a power of two, at least 4 KiB.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration names no device that accesses memory, or the quota or the
    /// machine's memory is exhausted.
    pub fn allocate(bytes: usize) -> Result<Self, Refusal> {
        let request = Request::AllocateDma(bytes as u64);
        let [address, physical, ..] = broker::request(&request)?;
        let size = bytes.next_multiple_of(PAGE_SIZE).next_power_of_two();
        Ok(Self {
            words: Registers::new(address, size as u64),
            physical,
        })
    }
}

/// Accesses the memory like registers.
impl Deref for DmaMemory {
    type Target = Registers;

    fn deref(&self) -> &Registers {
        &self.words
    }
}
