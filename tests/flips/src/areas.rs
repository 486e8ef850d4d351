// SPDX-License-Identifier: BSD-2-Clause

//! The places of the window and of its copies in RAM.

use core::slice;

use kaal_flips::{FILE_ADDRESS, FILE_MAX_SIZE, FORGERIES_ADDRESS, FORGERIES_MAX_SIZE, WINDOW};

pub(crate) const PAGE_SIZE: usize = 4096;

/// Number of pages in the window.
pub(crate) const PAGES: usize = SIZE / PAGE_SIZE;

/// Size in bytes of the window.
const SIZE: usize = (WINDOW.end - WINDOW.start) as usize;

/// Address of a copy of the window as it is before an undamaged boot.
pub(crate) const PRISTINE: u64 = 0x4100_0000;

/// Address of a copy of the window as it was when the undamaged image entered its kernel.
pub(crate) const REFERENCE: u64 = 0x4200_0000;

/// Address at which damaged ELF files are laid out.
pub(crate) const STAGING: u64 = 0x4300_0000;

/// A set of pages, in the order of their insertion.
pub(crate) struct Pages {
    is_listed: [bool; PAGES],
    list: [u16; PAGES],
    /// Number of pages.
    pub(crate) count: usize,
}

impl Pages {
    pub(crate) const NONE: Self = Self {
        is_listed: [false; _],
        list: [0; _],
        count: 0,
    };

    /// Adds a page, if it isn't there.
    pub(crate) fn add(&mut self, page: usize) {
        if !self.is_listed[page] {
            self.is_listed[page] = true;
            self.list[self.count] = page as u16;
            self.count += 1;
        }
    }

    /// Removes all pages but the first `count`.
    pub(crate) fn truncate(&mut self, count: usize) {
        for index in count..self.count {
            self.is_listed[usize::from(self.list[index])] = false;
        }
        self.count = count;
    }

    /// Whether a page is in the set.
    pub(crate) fn contains(&self, page: usize) -> bool {
        self.is_listed[page]
    }

    /// The page at `index`.
    pub(crate) fn get(&self, index: usize) -> usize {
        usize::from(self.list[index])
    }
}

/// The file, which the test has put into memory.
pub(crate) fn file(size: u64) -> Option<&'static mut [u8]> {
    if size > FILE_MAX_SIZE {
        return None;
    }
    // SAFETY: this memory is the file's, and this function is called once.
    Some(unsafe { slice::from_raw_parts_mut(FILE_ADDRESS as *mut u8, size as usize) })
}

/// The forgeries, which the test has put into memory.
pub(crate) fn forgeries() -> &'static [u8] {
    // SAFETY: this memory is theirs, and nothing writes to it.
    unsafe { slice::from_raw_parts(FORGERIES_ADDRESS as *const u8, FORGERIES_MAX_SIZE as usize) }
}

/// The window.
pub(crate) fn window() -> &'static mut [u8] {
    area(WINDOW.start)
}

/// The window or a copy of it.
pub(crate) fn area(start: u64) -> &'static mut [u8] {
    // SAFETY: the areas overlap neither each other nor this program. No two references to the same one are in use at a
    // time, and none while the image runs.
    unsafe { slice::from_raw_parts_mut(start as *mut u8, SIZE) }
}

/// A page of the window, or of a copy of it.
pub(crate) fn page(area_start: u64, number: usize) -> &'static mut [u128] {
    let start = area_start as usize + number * PAGE_SIZE;
    // SAFETY: as above.
    unsafe { slice::from_raw_parts_mut(start as *mut u128, PAGE_SIZE / size_of::<u128>()) }
}

/// Copies a page, and returns whether that changed it.
pub(crate) fn copy_changes(to: &mut [u128], from: &[u128]) -> bool {
    let mut is_changed = false;
    for (to, from) in to.iter_mut().zip(from) {
        if to != from {
            *to = *from;
            is_changed = true;
        }
    }
    is_changed
}
