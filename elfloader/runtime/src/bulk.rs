// SPDX-License-Identifier: BSD-2-Clause

//! Copies and clears much memory with few instructions, while translation is on.
//!
//! All of it writes memory back from the caches, because what is accessed past them later must not be hidden by a line,
//! or overwritten by an old one.
//!
//! Source: Arm Architecture Reference Manual, DDI 0487, the descriptions of the instructions and registers.

use core::arch::asm;
use core::ptr;

use kaal_payload::PhysRange;

use crate::{cache, read_register};

/// Bytes that a loop copies at a time.
const STRIDE: usize = 128;

/// Copies strides from `$from` to `$to`, until that is `$end`. `$next` is the addressing mode, which moves by 32 bytes.
macro_rules! copy_strides {
    ($from:expr, $to:expr, $end:expr, $next:literal) => {
        asm!(
            "b       3f",
            "2:",
            ".rept   2",
            concat!("ldp     q0, q1, [{from}", $next),
            concat!("ldp     q2, q3, [{from}", $next),
            concat!("stp     q0, q1, [{to}", $next),
            concat!("stp     q2, q3, [{to}", $next),
            ".endr",
            "3:",
            "cmp     {to}, {end}",
            "b.ne    2b",
            from = inout(reg) $from => _,
            to = inout(reg) $to => _,
            end = in(reg) $end,
            out("v0") _, out("v1") _, out("v2") _, out("v3") _,
            options(nostack),
        )
    };
}

/// DCZID_EL0.DZP: DC ZVA is prohibited.
const DZP: u64 = 1 << 4;

/// Copies `size` bytes, and writes them back from the caches. Source and destination may overlap.
///
/// # Safety
///
/// As many bytes must be valid at `from` for reads and at `to` for writes, with the MMU on.
pub unsafe fn copy(from: *const u8, to: *mut u8, size: usize) {
    let whole = size / STRIDE * STRIDE;
    // SAFETY: the caller vouches for the bytes. Going up, writes stay below the bytes that are still to be read; going
    // down, above.
    unsafe {
        if to.cast_const() <= from {
            copy_strides!(from, to, to.add(whole), "], #32");
            copy_bytes(from, to, whole..size);
        } else {
            copy_bytes(from, to, (whole..size).rev());
            copy_strides!(from.add(whole), to.add(whole), to, ", #-32]!");
        }
        cache::clean(to.addr() as u64, to.addr() as u64 + size as u64);
    }
}

/// Copies the bytes at `offsets`, one after another.
///
/// # Safety
///
/// As [`copy`].
unsafe fn copy_bytes(from: *const u8, to: *mut u8, offsets: impl Iterator<Item = usize>) {
    for offset in offsets {
        // SAFETY: the caller vouches for the bytes.
        unsafe { to.add(offset).write_volatile(from.add(offset).read()) };
    }
}

/// Clears memory, and writes it back from the caches.
///
/// # Safety
///
/// It must be valid for writes, with the MMU on.
pub unsafe fn clear(memory: PhysRange) {
    let control = read_register!("dczid_el0");
    // DCZID_EL0.BS and CTR_EL0.DminLine: log2 of the words that DC ZVA clears, and of those in the smallest line.
    let block = 4u64 << (control & 0xf);
    let line = 4u64 << (read_register!("ctr_el0") >> 16 & 0xf);
    // The loop takes four of the smaller at a time.
    let group = 4 * block.max(line);
    let (start, end) = (memory.start.0, memory.end.0);
    let (mut first, mut last) = (start.next_multiple_of(group), end / group * group);
    if control & DZP != 0 || first >= last {
        (first, last) = (end, end);
    }
    // SAFETY: the caller vouches for the bytes, which contain the blocks.
    unsafe {
        clear_bytes(start, first);
        asm!(
            "b       3f",
            "2:",
            ".rept   4",
            "dc      zva, {place}",
            "dc      civac, {place}",
            "add     {place}, {place}, {step}",
            ".endr",
            "3:",
            "cmp     {place}, {last}",
            "b.ne    2b",
            place = inout(reg) first => _,
            last = in(reg) last,
            step = in(reg) block.min(line),
            options(nostack),
        );
        clear_bytes(last, end);
        cache::clean(start, first);
        cache::clean(last, end);
    }
}

/// Clears the bytes from `start` up to `end`.
///
/// # Safety
///
/// They must be valid for writes.
unsafe fn clear_bytes(start: u64, end: u64) {
    let bytes: *mut u8 = ptr::with_exposed_provenance_mut(start as usize);
    // SAFETY: the caller vouches for the bytes.
    unsafe { bytes.write_bytes(0, (end - start) as usize) };
}
