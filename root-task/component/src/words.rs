// SPDX-License-Identifier: BSD-2-Clause

//! Memory that a device reads and writes, too: no reference to it may exist, and each access that
//! the program states is made.

use core::ptr;

/// Words of 32 bits at addresses that are mapped as a device's.
#[derive(Debug)]
pub(crate) struct Words {
    address: usize,
    size: usize,
}

impl Words {
    /// The words of the `size` bytes at `address`, which the broker has mapped, and which stay.
    pub(crate) fn new(address: u64, size: u64) -> Self {
        Self {
            address: address as usize,
            size: size as usize,
        }
    }

    /// Where they lie.
    pub(crate) fn address(&self) -> u64 {
        self.address as u64
    }

    /// Their size in bytes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Reads the word at `offset` bytes; 0 where there is none.
    pub(crate) fn read(&self, offset: usize) -> u32 {
        match self.word(offset) {
            // SAFETY: the broker mapped the memory, and `word` stays within it.
            Some(word) => unsafe { ptr::read_volatile(word) },
            None => 0,
        }
    }

    /// Writes the word at `offset` bytes, if there is one.
    pub(crate) fn write(&self, offset: usize, value: u32) {
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
