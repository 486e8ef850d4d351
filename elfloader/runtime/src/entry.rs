// SPDX-License-Identifier: BSD-2-Clause

//! Where the firmware enters, and the exception vectors: all code that runs without a stack.

use core::arch::{global_asm, naked_asm};
use core::cell::UnsafeCell;

use crate::registers::{CPACR_EL1_FPEN, CPTR_EL2_RES1, HCR_EL2_RW, SCTLR_M, current_level};
use crate::{fault, state};

/// Size of the stack in bytes.
const STACK_SIZE: usize = 16 * 1024;

/// The stack; its address is all that Rust code knows of it.
#[repr(align(16))]
struct Stack {
    _bytes: UnsafeCell<[u8; STACK_SIZE]>,
}

// SAFETY: the content is only accessed through the stack pointer, by one core.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack {
    _bytes: UnsafeCell::new([0; STACK_SIZE]),
};

/// Sets `sp` to the stack's end, with the help of x9.
macro_rules! use_stack {
    () => {
        "
        adrp    x9, {stack}
        add     x9, x9, :lo12:{stack}
        add     sp, x9, #{stack_size}
        "
    };
}

/// What a program does: it is called with what the firmware left in x0.
pub type Main = extern "C" fn(firmware_x0: u64) -> !;

/// Defines the program's entry point, `_start`, which starts the [`Main`] that is named.
#[macro_export]
macro_rules! entry_point {
    ($main:path) => {
        const _: $crate::entry::Main = $main;

        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn _start() -> ! {
            core::arch::naked_asm!(
                "adrp    x1, {main}",
                "add     x1, x1, :lo12:{main}",
                "b       {start}",
                main = sym $main,
                start = sym $crate::entry::start,
            )
        }
    };
}

/// Starts `main` with x0 as it is, a stack and exception vectors.
///
/// # Safety
///
/// To be jumped to with the MMU off and interrupts in any state, at EL1, EL2 or EL3.
#[unsafe(naked)]
pub unsafe extern "C" fn start(firmware_x0: u64, main: Main) -> ! {
    naked_asm!(
        // No interrupts, and the stack pointer of the current level.
        "msr     daifset, #0xf",
        "msr     spsel, #1",
        use_stack!(),
        // Vectors, and no traps of the floating-point registers, which compiled code may use.
        "adr     x10, {vectors}",
        "mrs     x9, CurrentEL",
        "cmp     x9, #{el2}",
        "b.hi    3f",
        "b.eq    2f",
        "msr     vbar_el1, x10",
        "mov     x9, #{cpacr_el1_fpen}",
        "msr     cpacr_el1, x9",
        "b       4f",
        // HCR_EL2 first: its E2H bit changes what the bits of CPTR_EL2 mean.
        "2:",
        "msr     vbar_el2, x10",
        "mov     x9, #{hcr_el2_rw}",
        "msr     hcr_el2, x9",
        "isb",
        "mov     x9, #{cptr_el2}",
        "msr     cptr_el2, x9",
        "b       4f",
        "3:",
        "msr     vbar_el3, x10",
        "msr     cptr_el3, xzr",
        "4:",
        "isb",
        "b       {rust_entry}",
        stack = sym STACK,
        stack_size = const STACK_SIZE,
        vectors = sym vectors,
        el2 = const 2 << 2,
        cpacr_el1_fpen = const CPACR_EL1_FPEN,
        hcr_el2_rw = const HCR_EL2_RW,
        cptr_el2 = const CPTR_EL2_RES1,
        rust_entry = sym rust_entry,
    )
}

extern "C" fn rust_entry(firmware_x0: u64, main: Main) -> ! {
    state::set_entry_level(current_level());
    main(firmware_x0)
}

unsafe extern "C" {
    /// The exception vectors (Arm ARM DDI 0487, "Exception vectors"), for VBAR_ELx.
    pub safe fn vectors();
}

// Each vector says which one it is, in x0. Nothing of the interrupted program is saved: no
// exception is expected, so none returns.
global_asm!(
    ".section .vectors, \"ax\"",
    ".balign 0x800",
    ".global vectors",
    "vectors:",
    ".set    index, 0",
    ".rept   16",
    ".balign 0x80",
    "mov     x0, #index",
    "b       {exception}",
    ".set    index, index + 1",
    ".endr",
    exception = sym exception,
);

/// Continues every exception: turns translation off, so that devices can be reached and a
/// mistake in the tables does no harm, and goes on in Rust with the syndrome registers.
#[unsafe(naked)]
unsafe extern "C" fn exception() -> ! {
    naked_asm!(
        "mrs     x9, CurrentEL",
        "cmp     x9, #{el2}",
        "b.hi    3f",
        "b.eq    2f",
        "mrs     x1, esr_el1",
        "mrs     x2, elr_el1",
        "mrs     x3, far_el1",
        "mrs     x9, sctlr_el1",
        "bic     x9, x9, #{sctlr_m}",
        "msr     sctlr_el1, x9",
        "b       4f",
        "2:",
        "mrs     x1, esr_el2",
        "mrs     x2, elr_el2",
        "mrs     x3, far_el2",
        "mrs     x9, sctlr_el2",
        "bic     x9, x9, #{sctlr_m}",
        "msr     sctlr_el2, x9",
        "b       4f",
        "3:",
        "mrs     x1, esr_el3",
        "mrs     x2, elr_el3",
        "mrs     x3, far_el3",
        "4:",
        "isb",
        "msr     spsel, #1",
        use_stack!(),
        "b       {report}",
        stack = sym STACK,
        stack_size = const STACK_SIZE,
        el2 = const 2 << 2,
        sctlr_m = const SCTLR_M,
        report = sym fault::report,
    )
}
