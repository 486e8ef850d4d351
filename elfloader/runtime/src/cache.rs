// SPDX-License-Identifier: BSD-2-Clause

//! The caches.

use core::arch::naked_asm;

/// Writes back and removes the lines of memory from `start` up to `end` in the data caches of all cores. Accesses with
/// the MMU off would miss these lines, and a later write-back would overwrite what they wrote.
///
/// Changes only x0 to x3, and accesses no memory, so code without a stack may call it.
///
/// # Safety
///
/// The lines must be memory, and mapped if the MMU is on.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.11.clean")]
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
        "b       2f",
        "1:",
        ".rept   4",
        "dc      civac, x0",
        "add     x0, x0, x2",
        ".endr",
        "2:",
        "cmp     x0, x1",
        "b.lo    1b",
        "dsb     sy",
        "ret",
    )
}
