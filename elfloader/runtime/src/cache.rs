// SPDX-License-Identifier: BSD-2-Clause

//! The data caches.

use core::arch::naked_asm;

/// Writes the lines of memory from `start` up to `end` back from the data caches of all cores, and removes them
/// from there: accesses past the caches would miss them, or they would be written back later.
///
/// Changes x0 to x3 only, and accesses no memory, so code without a stack may call it.
///
/// # Safety
///
/// These lines must be memory, and mapped if the MMU is on.
#[unsafe(naked)]
pub unsafe extern "C" fn clean(start: u64, end: u64) {
    naked_asm!(
        // CTR_EL0.DminLine: log2 of the words in the smallest line (Arm ARM DDI 0487).
        "mrs     x2, ctr_el0",
        "ubfx    x2, x2, #16, #4",
        "mov     x3, #4",
        "lsl     x2, x3, x2",
        "sub     x3, x2, #1",
        "bic     x0, x0, x3",
        "1:",
        "dc      civac, x0",
        "add     x0, x0, x2",
        "cmp     x0, x1",
        "b.lo    1b",
        "dsb     sy",
        "ret",
    )
}
