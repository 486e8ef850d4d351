// SPDX-License-Identifier: BSD-2-Clause

//! The functions that compiled code calls to copy and fill memory.
//!
//! The compiler's own take 860 bytes more. They are faster only from some hundred bytes on, and nearly
//! everything that is copied here is smaller. These functions access memory only aligned, because the MMU may
//! be off.

use core::arch::naked_asm;

/// C's `memcpy`, fast if both addresses are multiples of 8, or of 4 as those of a device tree's tokens are.
///
/// # Safety
///
/// As C's.
#[unsafe(naked)]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".vectors.08.memcpy")]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, size: usize) -> *mut u8 {
    naked_asm!(
        "mov     x3, x0",
        "orr     x4, x0, x1",
        "tst     x4, #7",
        "b.ne    5f",
        "1:",
        "subs    x2, x2, #16",
        "b.lo    2f",
        "ldp     x5, x6, [x1], #16",
        "stp     x5, x6, [x3], #16",
        "b       1b",
        "2:",
        "tbz     x2, #3, 3f",
        "ldr     x5, [x1], #8",
        "str     x5, [x3], #8",
        "3:",
        "and     x2, x2, #7",
        "4:",
        "cbz     x2, 7f",
        "ldrb    w5, [x1], #1",
        "strb    w5, [x3], #1",
        "sub     x2, x2, #1",
        "b       4b",
        "5:",
        "tst     x4, #3",
        "b.ne    4b",
        "6:",
        "subs    x2, x2, #8",
        "b.lo    3b",
        "ldp     w5, w6, [x1], #8",
        "stp     w5, w6, [x3], #8",
        "b       6b",
        "7:",
        "ret",
    )
}

/// C's `memset`, fast for page tables.
///
/// # Safety
///
/// As C's.
#[unsafe(naked)]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".vectors.09.memset")]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, size: usize) -> *mut u8 {
    naked_asm!(
        "add     x2, x0, x2",
        "mov     x3, x0",
        "orr     x4, x0, x2",
        "tst     x4, #63",
        "b.ne    3f",
        "dup     v0.16b, w1",
        "b       1f",
        "0:",
        "stp     q0, q0, [x3], #32",
        "stp     q0, q0, [x3], #32",
        "1:",
        "cmp     x3, x2",
        "b.ne    0b",
        "ret",
        "2:",
        "strb    w1, [x3], #1",
        "3:",
        "cmp     x3, x2",
        "b.ne    2b",
        "ret",
    )
}
