// SPDX-License-Identifier: BSD-2-Clause

//! The entry point, the exception vectors, and the switch to the image and back.

use core::arch::{asm, global_asm, naked_asm};
use core::cell::UnsafeCell;
use core::mem::offset_of;

use crate::guest::Guest;
use crate::main;

const STACK_SIZE: usize = 128 * 1024;

#[repr(align(16))]
struct Stack {
    _bytes: UnsafeCell<[u8; STACK_SIZE]>,
}

// SAFETY: only one core accesses it, through the stack pointer.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack {
    _bytes: UnsafeCell::new([0; _]),
};

#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "adrp    x9, {stack}",
        "add     x9, x9, :lo12:{stack}",
        "mov     x10, #{stack_size}",
        "add     sp, x9, x10",
        "adr     x9, vectors",
        "msr     vbar_el2, x9",
        "mov     x9, #0x33ff",
        "msr     cptr_el2, x9",
        "isb",
        "b       {main}",
        stack = sym STACK,
        stack_size = const STACK_SIZE,
        main = sym main,
    )
}

// Each vector passes its index in x0, after saving x0 to x3. An exception of this program itself is a bug.
global_asm!(
    ".section .vectors, \"ax\"",
    ".balign 0x800",
    "vectors:",
    ".set    index, 0",
    ".rept   16",
    ".balign 0x80",
    "stp     x0, x1, [sp, #-16]!",
    "mov     x1, #index",
    ".if     index < 8",
    "b       {mistake}",
    ".else",
    "b       {leave}",
    ".endif",
    ".set    index, index + 1",
    ".endr",
    mistake = sym mistake,
    leave = sym leave,
);

extern "C" fn mistake(_: u64, vector: u64) -> ! {
    let (esr, elr, far): (u64, u64, u64);
    // SAFETY: reading the registers changes nothing.
    unsafe {
        asm!(
            "mrs {}, esr_el2", "mrs {}, elr_el2", "mrs {}, far_el2",
            out(reg) esr, out(reg) elr, out(reg) far,
            options(nomem, nostack, preserves_flags)
        );
    }
    panic!("vector {vector}, ESR {esr:#x}, ELR {elr:#x}, FAR {far:#x}")
}

/// Resumes the image. Returns the number of the exception vector when it is interrupted.
///
/// # Safety
///
/// The second stage of translation must be on, and must not map this program.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter(guest: *mut Guest) -> u64 {
    naked_asm!(
        "stp     x29, x30, [sp, #-160]!",
        "stp     x19, x20, [sp, #16]",
        "stp     x21, x22, [sp, #32]",
        "stp     x23, x24, [sp, #48]",
        "stp     x25, x26, [sp, #64]",
        "stp     x27, x28, [sp, #80]",
        "stp     d8, d9, [sp, #96]",
        "stp     d10, d11, [sp, #112]",
        "stp     d12, d13, [sp, #128]",
        "stp     d14, d15, [sp, #144]",
        "msr     tpidr_el2, x0",
        "ldp     x1, x2, [x0, #{address}]",
        "msr     elr_el2, x1",
        "msr     spsr_el2, x2",
        "add     x1, x0, #{vectors}",
        "ldp     q0, q1, [x1, #0]",
        "ldp     q2, q3, [x1, #32]",
        "ldp     q4, q5, [x1, #64]",
        "ldp     q6, q7, [x1, #96]",
        "ldp     q8, q9, [x1, #128]",
        "ldp     q10, q11, [x1, #160]",
        "ldp     q12, q13, [x1, #192]",
        "ldp     q14, q15, [x1, #224]",
        "ldp     q16, q17, [x1, #256]",
        "ldp     q18, q19, [x1, #288]",
        "ldp     q20, q21, [x1, #320]",
        "ldp     q22, q23, [x1, #352]",
        "ldp     q24, q25, [x1, #384]",
        "ldp     q26, q27, [x1, #416]",
        "ldp     q28, q29, [x1, #448]",
        "ldp     q30, q31, [x1, #480]",
        "ldp     x2, x3, [x0, #16]",
        "ldp     x4, x5, [x0, #32]",
        "ldp     x6, x7, [x0, #48]",
        "ldp     x8, x9, [x0, #64]",
        "ldp     x10, x11, [x0, #80]",
        "ldp     x12, x13, [x0, #96]",
        "ldp     x14, x15, [x0, #112]",
        "ldp     x16, x17, [x0, #128]",
        "ldp     x18, x19, [x0, #144]",
        "ldp     x20, x21, [x0, #160]",
        "ldp     x22, x23, [x0, #176]",
        "ldp     x24, x25, [x0, #192]",
        "ldp     x26, x27, [x0, #208]",
        "ldp     x28, x29, [x0, #224]",
        "ldr     x30, [x0, #240]",
        "ldp     x0, x1, [x0]",
        "eret",
        address = const offset_of!(Guest, address),
        vectors = const offset_of!(Guest, vectors),
    )
}

/// Ends [`enter`] with the result in x1. The image's x0 and x1 are on the stack.
#[unsafe(naked)]
unsafe extern "C" fn leave() -> ! {
    naked_asm!(
        "mrs     x0, tpidr_el2",
        "stp     x2, x3, [x0, #16]",
        "stp     x4, x5, [x0, #32]",
        "stp     x6, x7, [x0, #48]",
        "stp     x8, x9, [x0, #64]",
        "stp     x10, x11, [x0, #80]",
        "stp     x12, x13, [x0, #96]",
        "stp     x14, x15, [x0, #112]",
        "stp     x16, x17, [x0, #128]",
        "stp     x18, x19, [x0, #144]",
        "stp     x20, x21, [x0, #160]",
        "stp     x22, x23, [x0, #176]",
        "stp     x24, x25, [x0, #192]",
        "stp     x26, x27, [x0, #208]",
        "stp     x28, x29, [x0, #224]",
        "str     x30, [x0, #240]",
        "ldp     x2, x3, [sp], #16",
        "stp     x2, x3, [x0]",
        "mrs     x2, elr_el2",
        "mrs     x3, spsr_el2",
        "stp     x2, x3, [x0, #{address}]",
        "add     x2, x0, #{vectors}",
        "stp     q0, q1, [x2, #0]",
        "stp     q2, q3, [x2, #32]",
        "stp     q4, q5, [x2, #64]",
        "stp     q6, q7, [x2, #96]",
        "stp     q8, q9, [x2, #128]",
        "stp     q10, q11, [x2, #160]",
        "stp     q12, q13, [x2, #192]",
        "stp     q14, q15, [x2, #224]",
        "stp     q16, q17, [x2, #256]",
        "stp     q18, q19, [x2, #288]",
        "stp     q20, q21, [x2, #320]",
        "stp     q22, q23, [x2, #352]",
        "stp     q24, q25, [x2, #384]",
        "stp     q26, q27, [x2, #416]",
        "stp     q28, q29, [x2, #448]",
        "stp     q30, q31, [x2, #480]",
        "ldp     x19, x20, [sp, #16]",
        "ldp     x21, x22, [sp, #32]",
        "ldp     x23, x24, [sp, #48]",
        "ldp     x25, x26, [sp, #64]",
        "ldp     x27, x28, [sp, #80]",
        "ldp     d8, d9, [sp, #96]",
        "ldp     d10, d11, [sp, #112]",
        "ldp     d12, d13, [sp, #128]",
        "ldp     d14, d15, [sp, #144]",
        "ldp     x29, x30, [sp], #160",
        "mov     x0, x1",
        "ret",
        address = const offset_of!(Guest, address),
        vectors = const offset_of!(Guest, vectors),
    )
}
