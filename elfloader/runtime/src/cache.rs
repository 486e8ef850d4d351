// SPDX-License-Identifier: BSD-2-Clause

//! The caches.

use core::arch::naked_asm;

use crate::coherency::{FAMILY, FAMILY_MASK, SMPEN, WITH_SMPEN, join};
use crate::registers::SCTLR_I;

/// Turns the instruction cache on. With it off, each instruction is fetched from memory. The data caches stay as they
/// are.
///
/// Changes only x9 to x11 and the flags, and accesses no memory. A program calls it before anything else, on each core.
///
/// # Safety
///
/// Nothing else may rely on SCTLR_ELx.
#[unsafe(naked)]
pub unsafe extern "C" fn turn_on_for_instructions() {
    naked_asm!(
        "mrs     x11, CurrentEL",
        "tbz     x11, #3, 1f",
        "tbz     x11, #2, 1f",
        join!(),
        // Its content is UNKNOWN after a reset, and may be old otherwise.
        "1:",
        "ic      iallu",
        "dsb     sy",
        "isb",
        "cmp     x11, #{el2}",
        "b.hi    3f",
        "b.eq    2f",
        "mrs     x9, sctlr_el1",
        "orr     x9, x9, #{sctlr_i}",
        "msr     sctlr_el1, x9",
        "b       4f",
        "2:",
        "mrs     x9, sctlr_el2",
        "orr     x9, x9, #{sctlr_i}",
        "msr     sctlr_el2, x9",
        "b       4f",
        "3:",
        "mrs     x9, sctlr_el3",
        "orr     x9, x9, #{sctlr_i}",
        "msr     sctlr_el3, x9",
        "4:",
        "isb",
        "ret",
        family = const FAMILY,
        family_mask = const FAMILY_MASK,
        with_smpen = const WITH_SMPEN,
        smpen = const SMPEN,
        el2 = const 2 << 2,
        sctlr_i = const SCTLR_I,
    )
}

/// Writes back and removes the lines of memory from `start` up to `end` in the data caches of all cores. Accesses with
/// the MMU off would miss these lines, and a later write-back would overwrite what they wrote.
///
/// Changes only x0 to x3, and accesses no memory, so code without a stack may call it.
///
/// # Safety
///
/// The lines must be memory, and mapped if the MMU is on.
#[unsafe(naked)]
pub unsafe extern "C" fn clean(start: u64, end: u64) {
    naked_asm!(
        // CTR_EL0.DminLine: log2 of the words in the smallest line (Arm ARM DDI 0487).
        "mrs     x2, ctr_el0",
        "ubfx    x2, x2, #16, #4",
        "mov     x3, #4",
        "lsl     x2, x3, x2",
        // Four lines at a time, which never pass the end of a page.
        "lsl     x3, x2, #2",
        "sub     x3, x3, #1",
        "bic     x0, x0, x3",
        "1:",
        ".rept   4",
        "dc      civac, x0",
        "add     x0, x0, x2",
        ".endr",
        "cmp     x0, x1",
        "b.lo    1b",
        "dsb     sy",
        "ret",
    )
}
