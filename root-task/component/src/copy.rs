// SPDX-License-Identifier: BSD-2-Clause

//! The function that compiled code calls to copy memory.
//!
//! The one of Rust's `compiler_builtins` copies byte by byte if source and destination are not aligned
//! alike, as the parts of packets are. It takes 22 instructions for eight bytes, and this one less than two.
//! Ordinary memory may be accessed at any address; memory for devices, which may not, is never copied by it.

use core::arch::naked_asm;

/// Copies `size` bytes from `from` to `to`. Returns `to`.
///
/// # Safety
///
/// As many bytes must be valid at `from` for reads and at `to` for writes. They must not overlap.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, size: usize) -> *mut u8 {
    naked_asm!(
        "mov  x3, x0",
        "subs x2, x2, #32",
        "b.lo 2f",
        // Whole strides. Registers of vectors would make the kernel save them.
        "1:",
        "ldp  x4, x5, [x1], #16",
        "ldp  x6, x7, [x1], #16",
        "stp  x4, x5, [x3], #16",
        "stp  x6, x7, [x3], #16",
        "subs x2, x2, #32",
        "b.hs 1b",
        // The low bits of x2 are still those of the size.
        "2:",
        "tbz  x2, #4, 3f",
        "ldp  x4, x5, [x1], #16",
        "stp  x4, x5, [x3], #16",
        "3:",
        "tbz  x2, #3, 4f",
        "ldr  x4, [x1], #8",
        "str  x4, [x3], #8",
        "4:",
        "tbz  x2, #2, 5f",
        "ldr  w4, [x1], #4",
        "str  w4, [x3], #4",
        "5:",
        "tbz  x2, #1, 6f",
        "ldrh w4, [x1], #2",
        "strh w4, [x3], #2",
        "6:",
        "tbz  x2, #0, 7f",
        "ldrb w4, [x1]",
        "strb w4, [x3]",
        "7:",
        "ret",
    )
}
