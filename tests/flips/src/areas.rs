// SPDX-License-Identifier: BSD-2-Clause

//! Where in RAM the window and its copies lie, in bytes and in pages.

use core::slice;

use kaal_flips::{FILE_ADDRESS, FILE_MAX_SIZE, WINDOW};

pub(crate) const PAGE_SIZE: usize = 4096;

/// Pages of the window.
pub(crate) const PAGES: usize = SIZE / PAGE_SIZE;

/// Size of the window in bytes.
const SIZE: usize = (WINDOW.end - WINDOW.start) as usize;

/// Where it lies what the window is like before an undamaged boot.
pub(crate) const PRISTINE: u64 = 0x4100_0000;

/// Where it lies what the window was like when the undamaged image entered its kernel.
pub(crate) const REFERENCE: u64 = 0x4200_0000;

/// Where damaged ELF files are laid out.
pub(crate) const STAGING: u64 = 0x4300_0000;

/// Pages, each listed once.
pub(crate) struct Pages {
    is_listed: [bool; PAGES],
    list: [u16; PAGES],
    /// How many they are.
    pub(crate) count: usize,
}

impl Pages {
    pub(crate) const NONE: Self = Self {
        is_listed: [false; _],
        list: [0; _],
        count: 0,
    };

    /// Lists a page, if it isn't yet.
    pub(crate) fn add(&mut self, page: usize) {
        if !self.is_listed[page] {
            self.is_listed[page] = true;
            self.list[self.count] = page as u16;
            self.count += 1;
        }
    }

    /// Forgets all but the first `count`.
    pub(crate) fn truncate(&mut self, count: usize) {
        for index in count..self.count {
            self.is_listed[usize::from(self.list[index])] = false;
        }
        self.count = count;
    }

    /// Whether a page is listed.
    pub(crate) fn contains(&self, page: usize) -> bool {
        self.is_listed[page]
    }

    /// The page that was listed so many pages after the first.
    pub(crate) fn get(&self, index: usize) -> usize {
        usize::from(self.list[index])
    }
}

/// The file, as whoever started this program put it into memory.
pub(crate) fn file(size: u64) -> Option<&'static mut [u8]> {
    if size > FILE_MAX_SIZE {
        return None;
    }
    // SAFETY: this memory is the file's, and this is called once.
    Some(unsafe { slice::from_raw_parts_mut(FILE_ADDRESS as *mut u8, size as usize) })
}

/// The window.
pub(crate) fn window() -> &'static mut [u8] {
    area(WINDOW.start)
}

/// The window, or a copy of it.
pub(crate) fn area(start: u64) -> &'static mut [u8] {
    // SAFETY: the areas are apart from each other and from this program. No two references to the same
    // one are in use at a time, and none while the image runs.
    unsafe { slice::from_raw_parts_mut(start as *mut u8, SIZE) }
}

/// A page of the window, or of a copy of it.
pub(crate) fn page(area_start: u64, number: usize) -> &'static mut [u128] {
    let start = area_start as usize + number * PAGE_SIZE;
    // SAFETY: as above.
    unsafe { slice::from_raw_parts_mut(start as *mut u128, PAGE_SIZE / size_of::<u128>()) }
}

/// Makes a page like another one, and returns whether it wasn't.
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
