// SPDX-License-Identifier: BSD-2-Clause

//! Memory that a device reads and writes, too: no reference to it may exist, and each access that
//! the program states is made.

use core::ptr::{self, NonNull};

use kaal_protocol::{Refusal, Request, Text};
use safe_mmio::UniqueMmioPointer;

use crate::broker;

/// The registers of a device: words of 32 bits at addresses that are mapped as a device's.
#[derive(Debug)]
pub struct Registers {
    address: usize,
    size: usize,
}

impl Registers {
    /// Requests the first registers of a device, named by path, alias or compatible.
    ///
    /// # Errors
    ///
    /// Fails where the device is not in the component's configuration, or taken.
    pub fn request(device: &str) -> Result<Self, Refusal> {
        let name = Text::from(device);
        let [address, size, ..] = broker::request(&Request::Device { name, range: 0 })?;
        Ok(Self::new(address, size))
    }

    /// The words of the `size` bytes at `address`, which the broker has mapped, and which stay.
    pub(crate) fn new(address: u64, size: u64) -> Self {
        Self {
            address: address as usize,
            size: size as usize,
        }
    }

    /// The registers as `T` describes them, for the driver of a library.
    ///
    /// # Errors
    ///
    /// Fails where the device has fewer registers.
    pub fn into_pointer<T>(self) -> Result<UniqueMmioPointer<'static, T>, Refusal> {
        let start = NonNull::new(ptr::with_exposed_provenance_mut(self.address));
        let start = start.filter(|_| size_of::<T>() <= self.size);
        let start = start.ok_or(Refusal::NotFound)?;
        // SAFETY: the broker mapped the registers for this component only, they stay, and hold all of
        // `T`. Nothing else accesses them, because `self` is consumed.
        Ok(unsafe { UniqueMmioPointer::new(start) })
    }

    /// Where they lie.
    pub(crate) fn address(&self) -> u64 {
        self.address as u64
    }

    /// Their size in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Reads the 32-bit word at `offset` bytes; 0 where there is none.
    pub fn read(&self, offset: usize) -> u32 {
        match self.word(offset) {
            // SAFETY: the broker mapped the memory, and `word` stays within it.
            Some(word) => unsafe { ptr::read_volatile(word) },
            None => 0,
        }
    }

    /// Writes the 32-bit word at `offset` bytes, if there is one.
    pub fn write(&self, offset: usize, value: u32) {
        if let Some(word) = self.word(offset) {
            // SAFETY: the broker mapped the memory, and `word` stays within it.
            unsafe { ptr::write_volatile(word, value) };
        }
    }

    fn word(&self, offset: usize) -> Option<*mut u32> {
        let fits = offset
            .checked_add(size_of::<u32>())
            .is_some_and(|end| end <= self.size);
        let aligned = offset.is_multiple_of(align_of::<u32>());
        (fits && aligned).then(|| ptr::with_exposed_provenance_mut(self.address + offset))
    }
}
