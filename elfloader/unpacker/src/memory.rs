// SPDX-License-Identifier: BSD-2-Clause

//! Copying, clearing and cleaning memory by the mebibyte, with few instructions.
//!
//! Source: Arm Architecture Reference Manual, DDI 0487, the descriptions of the registers named.

use core::arch::asm;
use core::ptr;

use kaal_payload::PhysAddr;
use kaal_runtime::read_register;

/// Bytes that the copying loops move at a time.
const STRIDE: usize = 128;

/// DCZID_EL0.DZP: DC ZVA is prohibited.
const DZP: u64 = 1 << 4;

/// Copies `size` bytes, which may overlap their copy.
///
/// # Safety
///
/// As many bytes must be valid at `from` for reads and at `to` for writes, with the MMU on.
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, size: usize) {
    // SAFETY: the caller vouches for the bytes. Going up, what is written lies below what is still to
    // be read; going down, above.
    unsafe {
        if to.cast_const() <= from {
            let done = copy_up(from, to, size);
            for offset in done..size {
                to.add(offset).write_volatile(from.add(offset).read());
            }
        } else {
            let left = copy_down(from, to, size);
            for offset in (0..left).rev() {
                to.add(offset).write_volatile(from.add(offset).read());
            }
        }
    }
}

/// Copies whole strides from the first on. Returns how many bytes that are.
///
/// # Safety
///
/// As [`copy`], with `to` at or below `from`.
unsafe fn copy_up(from: *const u8, to: *mut u8, size: usize) -> usize {
    let whole = size / STRIDE * STRIDE;
    if whole > 0 {
        // SAFETY: the caller vouches for the bytes; a stride is read before it is written.
        unsafe {
            asm!(
                "2:",
                "ldp     q0, q1, [{from}], #32",
                "ldp     q2, q3, [{from}], #32",
                "ldp     q4, q5, [{from}], #32",
                "ldp     q6, q7, [{from}], #32",
                "subs    {size}, {size}, #128",
                "stp     q0, q1, [{to}], #32",
                "stp     q2, q3, [{to}], #32",
                "stp     q4, q5, [{to}], #32",
                "stp     q6, q7, [{to}], #32",
                "b.ne    2b",
                from = inout(reg) from => _,
                to = inout(reg) to => _,
                size = inout(reg) whole => _,
                out("v0") _, out("v1") _, out("v2") _, out("v3") _,
                out("v4") _, out("v5") _, out("v6") _, out("v7") _,
                options(nostack),
            );
        }
    }
    whole
}

/// Copies whole strides from the last on. Returns how many bytes are left.
///
/// # Safety
///
/// As [`copy`], with `to` above `from`.
unsafe fn copy_down(from: *const u8, to: *mut u8, size: usize) -> usize {
    let whole = size / STRIDE * STRIDE;
    if whole > 0 {
        // SAFETY: the caller vouches for the bytes; a stride is read before it is written.
        unsafe {
            asm!(
                "2:",
                "ldp     q0, q1, [{from}, #-32]!",
                "ldp     q2, q3, [{from}, #-32]!",
                "ldp     q4, q5, [{from}, #-32]!",
                "ldp     q6, q7, [{from}, #-32]!",
                "subs    {size}, {size}, #128",
                "stp     q0, q1, [{to}, #-32]!",
                "stp     q2, q3, [{to}, #-32]!",
                "stp     q4, q5, [{to}, #-32]!",
                "stp     q6, q7, [{to}, #-32]!",
                "b.ne    2b",
                from = inout(reg) from.add(size) => _,
                to = inout(reg) to.add(size) => _,
                size = inout(reg) whole => _,
                out("v0") _, out("v1") _, out("v2") _, out("v3") _,
                out("v4") _, out("v5") _, out("v6") _, out("v7") _,
                options(nostack),
            );
        }
    }
    size - whole
}

/// Sets `size` bytes from `start` on to zero.
///
/// # Safety
///
/// As many bytes must be valid for writes, with the MMU on.
pub(crate) unsafe fn clear(start: PhysAddr, size: u64) {
    let end = start.0 + size;
    let control = read_register!("dczid_el0");
    // DCZID_EL0.BS: log2 of the words that DC ZVA clears.
    let block = 4u64 << (control & 0xf);
    let (mut first, mut last) = (
        start.0.next_multiple_of(2 * block),
        end / (2 * block) * (2 * block),
    );
    if control & DZP != 0 || first >= last {
        (first, last) = (end, end);
    }
    // SAFETY: the caller vouches for the bytes; the blocks lie among them.
    unsafe {
        clear_bytes(start.0, first);
        if first < last {
            asm!(
                "2:",
                "dc      zva, {next}",
                "add     {next}, {next}, {block}",
                "dc      zva, {next}",
                "add     {next}, {next}, {block}",
                "cmp     {next}, {end}",
                "b.lo    2b",
                next = inout(reg) first => _,
                block = in(reg) block,
                end = in(reg) last,
                options(nostack),
            );
        }
        clear_bytes(last, end);
    }
}

/// Sets bytes to zero one after the other.
///
/// # Safety
///
/// They must be valid for writes.
unsafe fn clear_bytes(start: u64, end: u64) {
    for address in start..end {
        let byte: *mut u8 = ptr::with_exposed_provenance_mut(address as usize);
        // SAFETY: the caller vouches for the bytes.
        unsafe { byte.write_volatile(0) };
    }
}

/// Writes back what is in data caches of the lines that `size` bytes from `start` on lie in, and
/// removes it from there; up to an even number of lines.
///
/// # Safety
///
/// These lines must be memory, and mapped if the MMU is on.
pub(crate) unsafe fn clean(start: PhysAddr, size: u64) {
    let line = cache_line();
    // SAFETY: the caller vouches for the lines. Maintenance changes no byte of memory's content, as
    // far as programs can tell.
    unsafe {
        asm!(
            "2:",
            "dc      civac, {next}",
            "add     {next}, {next}, {line}",
            "dc      civac, {next}",
            "add     {next}, {next}, {line}",
            "cmp     {next}, {end}",
            "b.lo    2b",
            "dsb     sy",
            next = inout(reg) start.0 & !(line - 1) => _,
            line = in(reg) line,
            end = in(reg) start.0 + size,
            options(nostack),
        );
    }
}

/// Size in bytes of the smallest line of all data caches.
pub(crate) fn cache_line() -> u64 {
    // CTR_EL0.DminLine: log2 of its words.
    4 << (read_register!("ctr_el0") >> 16 & 0xf)
}
