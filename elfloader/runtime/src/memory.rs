// SPDX-License-Identifier: BSD-2-Clause

//! The functions that compiled code calls to copy and fill memory.
//!
//! The compiler's own take 860 bytes more. They are faster only from some hundred bytes on, and nearly
//! everything that is copied here is smaller. These functions access memory only aligned, because the MMU is
//! off.

use core::arch::naked_asm;

/// C's `memcpy`.
///
/// # Safety
///
/// As C's.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, size: usize) -> *mut u8 {
    naked_asm!(
        "mov     x3, x0",
        "orr     x4, x0, x1",
        "tst     x4, #7",
        "b.ne    2f",
        "1:",
        "subs    x2, x2, #8",
        "b.lo    3f",
        "ldr     x5, [x1], #8",
        "str     x5, [x3], #8",
        "b       1b",
        "2:",
        "subs    x2, x2, #1",
        "b.lo    4f",
        "ldrb    w5, [x1], #1",
        "strb    w5, [x3], #1",
        "b       2b",
        "3:",
        "add     x2, x2, #8",
        "b       2b",
        "4:",
        "ret",
    )
}

/// C's `memset`.
///
/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, size: usize) -> *mut u8 {
    for index in 0..size {
        // SAFETY: the caller vouches for the bytes. Volatile, so that this doesn't call itself.
        unsafe { to.add(index).write_volatile(byte as u8) };
    }
    to
}
