// SPDX-License-Identifier: BSD-2-Clause

//! The functions that compiled code calls to copy and fill memory.
//!
//! The compiler's own take 860 bytes more. They are faster only from some hundred bytes on, and nearly
//! everything that is copied here is smaller. These functions access memory only aligned, because the MMU is
//! off.

use core::arch::naked_asm;

/// C's `memcpy`. Fast if both addresses are multiples of 4, as those of a device tree's tokens are.
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
        "tst     x4, #3",
        "b.ne    2f",
        "1:",
        "subs    x2, x2, #16",
        "b.lo    3f",
        "ldp     w5, w6, [x1], #8",
        "ldp     w7, w8, [x1], #8",
        "stp     w5, w6, [x3], #8",
        "stp     w7, w8, [x3], #8",
        "b       1b",
        "2:",
        "subs    x2, x2, #1",
        "b.lo    4f",
        "ldrb    w5, [x1], #1",
        "strb    w5, [x3], #1",
        "b       2b",
        "3:",
        "add     x2, x2, #16",
        "b       2b",
        "4:",
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
