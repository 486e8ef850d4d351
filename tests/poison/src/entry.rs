// SPDX-License-Identifier: BSD-2-Clause

//! The entry point, and the last steps to the loader, without a stack.

use core::arch::{asm, naked_asm};
use core::cell::UnsafeCell;

use crate::main;

/// log2 of the size in bytes of a core's stack.
const STACK_BITS: u32 = 12;

const CORES: usize = 8;

#[repr(align(16))]
struct Stacks {
    _bytes: UnsafeCell<[u8; CORES << STACK_BITS]>,
}

// SAFETY: each stack is only accessed by one core, through its stack pointer.
unsafe impl Sync for Stacks {}

static STACKS: Stacks = Stacks {
    _bytes: UnsafeCell::new([0; _]),
};

/// Permits floating-point instructions, which compiled code may use. At EL3, makes lower levels non-secure: else LORC_EL1
/// doesn't exist.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "mrs     x9, mpidr_el1",
        "and     x9, x9, #0xff",
        "add     x9, x9, #1",
        "adrp    x10, {stacks}",
        "add     x10, x10, :lo12:{stacks}",
        "lsl     x9, x9, #{stack_bits}",
        "add     sp, x10, x9",
        "mrs     x9, CurrentEL",
        "cmp     x9, #(2 << 2)",
        "b.hi    3f",
        "b.eq    2f",
        "mov     x9, #(3 << 20)",
        "msr     cpacr_el1, x9",
        "b       4f",
        "2:",
        "mov     x9, #0x33ff",
        "msr     cptr_el2, x9",
        "b       4f",
        "3:",
        "msr     cptr_el3, xzr",
        "mov     x9, #0x431",
        "msr     scr_el3, x9",
        "4:",
        "isb",
        "b       {main}",
        stacks = sym STACKS,
        stack_bits = const STACK_BITS,
        main = sym main,
    )
}

/// Poisons the registers that this program needed itself, then enters the loader.
macro_rules! leave {
    ($loader:expr, $($register:literal <- $value:expr),+) => {
        asm!(
            $(concat!("ldr x9, =", $value), concat!("msr ", $register, ", x9"),)+
            "isb",
            "mov     x0, #0",
            "br      x1",
            in("x1") $loader,
            options(noreturn),
        )
    };
}

/// # Safety
///
/// Must be called at EL1. `loader` must be the loader's entry point.
pub(crate) unsafe fn leave_el1(loader: u64) -> ! {
    // SAFETY: as the caller says. SCTLR: big-endian tables would be (EE), no cache, alignment checked (A).
    unsafe { leave!(loader, "sctlr_el1" <- "0x30d00802", "cpacr_el1" <- "0") }
}

/// # Safety
///
/// Must be called at EL2. `loader` must be the loader's entry point.
pub(crate) unsafe fn leave_el2(loader: u64) -> ! {
    // HCR_EL2: a host's (E2H, TGE), all traps of EL1, routed interrupts, a second stage of translation.
    // CPTR_EL2: TCPAC, and TFP or no FPEN.
    // SAFETY: as the caller says.
    unsafe {
        leave!(
            loader, "sctlr_el2" <- "0x30c50832", "hcr_el2" <- "0x57fff9039", "cptr_el2" <- "0x800037ff"
        )
    }
}

/// # Safety
///
/// Must be called at EL3. `loader` must be the loader's entry point.
pub(crate) unsafe fn leave_el3(loader: u64) -> ! {
    // CPTR_EL3: TCPAC, TAM, TTA, TFP.
    // SAFETY: as the caller says.
    unsafe { leave!(loader, "sctlr_el3" <- "0x30c50832", "cptr_el3" <- "0xc0100400") }
}
