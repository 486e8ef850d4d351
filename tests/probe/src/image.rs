// SPDX-License-Identifier: BSD-2-Clause

//! The probe's own image, as the linker script lays it out.

use core::cell::UnsafeCell;

use kaal_payload::{PhysAddr, PhysRange};

use crate::table::Table;

unsafe extern "C" {
    static __image_start: u8;
    static __image_end: u8;
}

/// log2 of the size of the kernel window.
const WINDOW_BITS: u32 = 39;

/// A word of initialised data.
#[repr(transparent)]
struct Word(UnsafeCell<u64>);

// SAFETY: nothing writes to it.
unsafe impl Sync for Word {}

const INITIAL: u64 = 0x6b61_616c_2064_6174;

static INITIALISED: Word = Word(UnsafeCell::new(INITIAL));

/// Zeroed data, so large that the image crosses a boundary of 2 MiB. Once checked, it becomes the user image's
/// translation tables.
#[unsafe(link_section = ".bss.zeroes")]
pub(crate) static ZEROES: [Table; 627] = [const { Table::empty() }; 627];

/// Virtual address of physical address 0 (seL4's `PPTR_BASE`).
pub(crate) fn window_base() -> u64 {
    let start = (&raw const __image_start).addr() as u64;
    start >> WINDOW_BITS << WINDOW_BITS
}

/// The exception level that the image is linked for.
pub(crate) fn expected_level() -> u64 {
    match window_base() >> 63 {
        1 => 1,
        _ => 2,
    }
}

/// The physical addresses of the image.
pub(crate) fn memory() -> PhysRange {
    let physical = |address: *const u8| PhysAddr(address.addr() as u64 - window_base());
    PhysRange {
        start: physical(&raw const __image_start),
        end: physical(&raw const __image_end),
    }
}

/// Whether initialised data has its values.
pub(crate) fn data_is_initialised() -> bool {
    // SAFETY: the word is part of the image.
    unsafe { INITIALISED.0.get().read_volatile() == INITIAL }
}

/// The number of words of zeroed data that are not zero.
pub(crate) fn words_not_zeroed() -> u64 {
    let words = (&raw const ZEROES).cast::<u64>();
    let count = size_of_val(&ZEROES) / size_of::<u64>();
    // SAFETY: the words are part of the image.
    let is_zero = |&index: &usize| unsafe { words.add(index).read_volatile() == 0 };
    (count - (0..count).filter(is_zero).count()) as u64
}
