// SPDX-License-Identifier: BSD-2-Clause

//! The entry point and the exception vectors.

use core::arch::{global_asm, naked_asm};
use core::cell::UnsafeCell;

use aarch64_cpu::registers::{
    CurrentEL, ELR_EL1, ELR_EL2, ESR_EL1, ESR_EL2, FAR_EL1, FAR_EL2, Readable, VBAR_EL1, VBAR_EL2,
    Writeable,
};

use crate::console::println;
use crate::{cores, finish, image, main, user};

/// Size in bytes of the first core's stack.
const FIRST_STACK_SIZE: usize = 32 * 1024;

/// log2 of the size in bytes of the other cores' stacks.
const STACK_BITS: u32 = 14;

#[repr(align(16))]
struct Stacks {
    _bytes: UnsafeCell<[u8; FIRST_STACK_SIZE + ((cores::MAX - 1) << STACK_BITS)]>,
}

// SAFETY: each stack is only accessed by one core, through its stack pointer.
unsafe impl Sync for Stacks {}

static STACKS: Stacks = Stacks {
    _bytes: UnsafeCell::new([0; _]),
};

/// The entry point for each core, with [`crate::handover::Arguments`] in x0 to x5 and the core's number in TPIDR_EL1. A
/// core with an invalid number is counted, and sleeps.
#[unsafe(naked)]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".text.start")]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "mrs     x9, tpidr_el1",
        "cmp     x9, #{max}",
        "b.hs    3f",
        "adrp    x10, {stacks}",
        "add     x10, x10, :lo12:{stacks}",
        "add     x10, x10, x9, lsl #{stack_bits}",
        "add     sp, x10, #{first_stack_size}",
        // Compiled code may use floating-point registers. The loader must allow it.
        // Store the arguments, to pass a reference.
        "stp     x4, x5, [sp, #-16]!",
        "stp     x2, x3, [sp, #-16]!",
        "stp     x0, x1, [sp, #-16]!",
        "mov     x0, sp",
        "mov     x1, x9",
        "cbnz    x9, 2f",
        "b       {main}",
        "2:",
        "b       {follow}",
        "3:",
        "adrp    x10, {arrived}",
        "add     x10, x10, :lo12:{arrived}",
        "4:",
        "ldaxr   w9, [x10]",
        "add     w9, w9, #1",
        "stlxr   w11, w9, [x10]",
        "cbnz    w11, 4b",
        "5:",
        "wfi",
        "b       5b",
        max = const cores::MAX,
        stacks = sym STACKS,
        stack_bits = const STACK_BITS,
        first_stack_size = const FIRST_STACK_SIZE,
        main = sym main,
        follow = sym cores::follow,
        arrived = sym cores::ARRIVED,
    )
}

unsafe extern "C" {
    safe fn probe_vectors();
}

// Each vector passes its index. Those of calls from EL0 keep the caller's registers.
global_asm!(
    ".section .text.vectors, \"ax\"",
    ".balign 0x800",
    ".global probe_vectors",
    "probe_vectors:",
    ".set    index, 0",
    ".rept   16",
    ".balign 0x80",
    "sub     sp, sp, #(22 * 8)",
    "stp     x0, x1, [sp]",
    "mov     x0, #index",
    "b       {exception}",
    ".set    index, index + 1",
    ".endr",
    exception = sym exception,
);

#[unsafe(naked)]
unsafe extern "C" fn exception() -> ! {
    naked_asm!(
        "stp     x2, x3, [sp, #(2 * 8)]",
        "stp     x4, x5, [sp, #(4 * 8)]",
        "stp     x6, x7, [sp, #(6 * 8)]",
        "stp     x8, x9, [sp, #(8 * 8)]",
        "stp     x10, x11, [sp, #(10 * 8)]",
        "stp     x12, x13, [sp, #(12 * 8)]",
        "stp     x14, x15, [sp, #(14 * 8)]",
        "stp     x16, x17, [sp, #(16 * 8)]",
        "stp     x18, x29, [sp, #(18 * 8)]",
        "str     x30, [sp, #(20 * 8)]",
        "ldr     x1, [sp]",
        "bl      {handle}",
        "ldp     x2, x3, [sp, #(2 * 8)]",
        "ldp     x4, x5, [sp, #(4 * 8)]",
        "ldp     x6, x7, [sp, #(6 * 8)]",
        "ldp     x8, x9, [sp, #(8 * 8)]",
        "ldp     x10, x11, [sp, #(10 * 8)]",
        "ldp     x12, x13, [sp, #(12 * 8)]",
        "ldp     x14, x15, [sp, #(14 * 8)]",
        "ldp     x16, x17, [sp, #(16 * 8)]",
        "ldp     x18, x29, [sp, #(18 * 8)]",
        "ldr     x30, [sp, #(20 * 8)]",
        "ldp     x0, x1, [sp], #(22 * 8)",
        "eret",
        handle = sym handle,
    )
}

/// Handles a call of the user image, with its argument in x0, or reports an unexpected exception.
extern "C" fn handle(vector: u64, x0: u64) {
    /// Synchronous, from a lower level in AArch64 (Arm ARM DDI 0487, "Exception vectors").
    const FROM_EL0: u64 = 8;
    /// ESR_ELx.EC of SVC in AArch64.
    const SVC: u64 = 0x15;

    let (esr, elr, far) = match is_hyp() {
        true => (ESR_EL2.get(), ELR_EL2.get(), FAR_EL2.get()),
        false => (ESR_EL1.get(), ELR_EL1.get(), FAR_EL1.get()),
    };
    if vector == FROM_EL0 && esr >> 26 == SVC {
        return user::call(esr & 0xffff, x0);
    }
    println!(
        "probe: unexpected exception: vector {vector}, ESR {esr:#x}, ELR {elr:#x}, FAR {far:#x}"
    );
    finish(false)
}

/// Replaces the loader's vectors.
pub(crate) fn use_own_vectors() {
    let vectors = probe_vectors as *const () as u64;
    match is_hyp() {
        true => VBAR_EL2.set(vectors),
        false => VBAR_EL1.set(vectors),
    }
}

/// Whether this probe is linked for EL2.
pub(crate) fn is_hyp() -> bool {
    debug_assert_eq!(CurrentEL.read(CurrentEL::EL), image::expected_level());
    image::expected_level() == 2
}
