// SPDX-License-Identifier: BSD-2-Clause

//! Translation tables.

use core::cell::UnsafeCell;

const ENTRIES: usize = 512;

/// A translation table, which maps nothing at first.
#[repr(C, align(4096))]
pub(crate) struct Table(UnsafeCell<[u64; ENTRIES]>);

// SAFETY: only one core uses it.
unsafe impl Sync for Table {}

impl Table {
    pub(crate) const fn empty() -> Self {
        Self(UnsafeCell::new([0; ENTRIES]))
    }

    /// The descriptor at `index`, modulo the number of entries.
    pub(crate) fn get(&self, index: u64) -> u64 {
        // SAFETY: only one core uses the table, and the entry is within it.
        unsafe { self.entry(index).read_volatile() }
    }

    pub(crate) fn set(&self, index: u64, descriptor: u64) {
        // SAFETY: only one core uses the table, and the entry is within it.
        unsafe { self.entry(index).write_volatile(descriptor) };
    }

    fn entry(&self, index: u64) -> *mut u64 {
        let entries = self.0.get().cast::<u64>();
        entries.wrapping_add(index as usize % ENTRIES)
    }
}
