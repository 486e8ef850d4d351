// SPDX-License-Identifier: BSD-2-Clause

//! Memory for the component and for devices.

use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};
use core::slice;

use kaal_protocol::{Refusal, Request};
use kaal_queue::QueueMemory;
use sel4::FrameObjectType;

use crate::broker;
use crate::registers::Registers;

const PAGE_SIZE: usize = FrameObjectType::GRANULE.bytes();

/// Bytes that [`allocate`] returned. They stay allocated until [`Self::free`], or the component's
/// end.
#[derive(Debug)]
pub struct Memory {
    start: NonNull<u8>,
    size: usize,
}

/// Allocates zeroed memory. The size is rounded up to whole pages of 4 KiB.
///
/// ```no_run
/// # use kaal_component::{Refusal, allocate};
/// # fn run() -> Result<(), Refusal> {
/// let mut memory = allocate(5000)?;
/// assert_eq!(memory.len(), 8192);
/// memory.fill(0xff);
/// memory.free()?;
/// # Ok(())
/// # }
/// ```
///
/// No part of the memory can be in use when it is freed:
///
/// ```compile_fail
/// # use kaal_component::{Refusal, allocate};
/// # fn run() -> Result<(), Refusal> {
/// let mut memory = allocate(8192)?;
/// let (low, high) = memory.split_at_mut(4096);
/// memory.free()?;
/// high.fill(0xff);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Fails if the quota or the machine's memory is exhausted.
pub fn allocate(bytes: usize) -> Result<Memory, Refusal> {
    let [address, ..] = broker::request(&Request::AllocateMemory(bytes as u64, true))?;
    let start = NonNull::new(ptr::with_exposed_provenance_mut(address as usize));
    Ok(Memory {
        start: start.ok_or(Refusal::Failed)?,
        size: bytes.next_multiple_of(PAGE_SIZE),
    })
}

impl Memory {
    /// Keeps the memory until the component's end.
    pub fn leak(self) -> &'static mut [u8] {
        // SAFETY: the broker mapped `size` zeroed bytes at `start`, for this component only. They stay
        // mapped, because `self` is consumed.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.size) }
    }

    /// Frees the memory.
    ///
    /// # Errors
    ///
    /// Fails if the root task fails.
    pub fn free(self) -> Result<(), Refusal> {
        broker::free(self.start.addr().get() as u64)
    }
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the broker mapped `size` zeroed bytes at `start`, for this component only. They
        // stay mapped until `free` consumes `self`.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.size) }
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `deref`; `self` is borrowed exclusively.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.size) }
    }
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

    /// Returns the address of the first byte, for drivers. Nothing may be at address 0.
    pub fn start(&self) -> NonNull<u8> {
        NonNull::new(ptr::with_exposed_provenance_mut(self.words.address))
            .unwrap_or(NonNull::dangling())
    }
}

/// Accesses the memory like registers.
impl Deref for DmaMemory {
    type Target = Registers;

    fn deref(&self) -> &Registers {
        &self.words
    }
}

impl QueueMemory for DmaMemory {
    fn read(&self, offset: usize) -> u32 {
        self.words.read(offset)
    }

    fn write(&self, offset: usize, value: u32) {
        self.words.write(offset, value);
    }
}
