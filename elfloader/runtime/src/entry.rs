// SPDX-License-Identifier: BSD-2-Clause

//! Where the firmware enters, and the exception vectors: all code that runs without a stack.

use core::arch::{global_asm, naked_asm};
use core::cell::UnsafeCell;
use core::mem::offset_of;

use kaal_payload::MAX_CORES;

use crate::cores::{CORES, Cores, NO_AFFINITY, find_number};
use crate::registers::{CPACR_EL1_FPEN, CPTR_EL2_RES1, HCR_EL2_RW, SCTLR_M, current_level};
use crate::stop::park;
use crate::{coherency, fault, state};

/// Size in bytes of the stack of the core that boots.
const BOOT_STACK_SIZE: usize = 16 * 1024;

/// log2 of the size in bytes of the other cores' stacks.
const STACK_BITS: u32 = 11;

/// The stacks of all cores by number; their address is all that Rust code knows of them.
#[repr(align(16))]
struct Stacks {
    _bytes: UnsafeCell<[u8; BOOT_STACK_SIZE + ((MAX_CORES as usize - 1) << STACK_BITS)]>,
}

// SAFETY: the content is only accessed through the stack pointers, each by one core.
unsafe impl Sync for Stacks {}

static STACKS: Stacks = Stacks {
    _bytes: UnsafeCell::new([0; _]),
};

/// Sets `sp` to the end of the stack of the core whose number is in x9, with the help of x10.
macro_rules! use_stack {
    () => {
        "
        adr     x10, {stacks}
        add     x10, x10, x9, lsl #{stack_bits}
        add     sp, x10, #{boot_stack_size}
        "
    };
}

/// Writes back what the data cache holds of the program's memory, and removes it from there, with
/// the help of x9 to x11: with the MMU off, it would be missed, or be written back later.
macro_rules! clean_program {
    () => {
        "
        mrs     x9, ctr_el0
        ubfx    x9, x9, #16, #4
        mov     x10, #4
        lsl     x9, x10, x9
        adrp    x10, __ehdr_start
        add     x10, x10, :lo12:__ehdr_start
        adrp    x11, _end
        add     x11, x11, :lo12:_end
    5:
        dc      civac, x10
        add     x10, x10, x9
        cmp     x10, x11
        b.lo    5b
        dsb     sy
        "
    };
}

/// What a program does: on the core that boots, it is called with what the firmware left in x0, on
/// others with the core's number.
pub type Main = extern "C" fn(u64) -> !;

/// Defines the program's entry point, `_start`, which starts the [`Main`] that is named.
#[macro_export]
macro_rules! entry_point {
    ($main:path) => {
        const _: $crate::entry::Main = $main;

        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn _start() -> ! {
            core::arch::naked_asm!(
                "adr     x1, {main}",
                "b       {start}",
                main = sym $main,
                start = sym $crate::entry::start,
            )
        }
    };
}

/// Starts `main` with x0 as it is, a stack and exception vectors.
///
/// At EL3 there is no firmware that holds back the other cores, so they come in here as well. The one
/// whose affinity is 0 goes on, as is the custom of firmware (U-Boot, `branch_if_master`); the others
/// wait in the pen until [`crate::cores::open_pen`] tells them where to go.
///
/// # Safety
///
/// To be jumped to with the MMU off and interrupts in any state, at EL1, EL2 or EL3.
#[unsafe(naked)]
pub unsafe extern "C" fn start(firmware_x0: u64, main: Main) -> ! {
    naked_asm!(
        "msr     daifset, #0xf",
        "mrs     x9, CurrentEL",
        "cmp     x9, #{el3}",
        "b.ne    2f",
        "mrs     x9, mpidr_el1",
        "and     x9, x9, #~{no_affinity_or_res1}",
        "cbz     x9, 2f",
        "adr     x10, {cores}",
        "1:",
        "ldr     x11, [x10, #{way_out}]",
        "cbnz    x11, 3f",
        "wfe",
        "b       1b",
        // The core that boots is the one with the number 0.
        "2:",
        "mov     x9, #0",
        "b       {prepare}",
        "3:",
        "br      x11",
        el3 = const 3 << 2,
        no_affinity_or_res1 = const 0xff00_0000u64,
        cores = sym CORES,
        way_out = const offset_of!(Cores, way_out),
        prepare = sym prepare,
    )
}

/// Starts `main`, on a core that has been started, with the core's number, a stack and exception
/// vectors. A core that is not listed is none of those that are wanted, and rests.
///
/// # Safety
///
/// To be jumped to as [`start`].
#[unsafe(naked)]
pub unsafe extern "C" fn start_listed(_: u64, main: Main) -> ! {
    naked_asm!(
        "msr     daifset, #0xf",
        find_number!(),
        "mov     x0, x9",
        "cbnz    x9, {prepare}",
        "b       {park}",
        no_affinity = const NO_AFFINITY,
        cores = sym CORES,
        last_core = const MAX_CORES - 1,
        prepare = sym prepare,
        park = sym park,
    )
}

/// Provides what Rust code needs on the core whose number is in x9, and goes on with x0 and x1.
#[unsafe(naked)]
unsafe extern "C" fn prepare() -> ! {
    naked_asm!(
        // The kernel looks for the number there (seL4 16.0.0, `src/arch/arm/64/head.S`).
        "msr     tpidr_el1, x9",
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
        stacks = sym STACKS,
        stack_bits = const STACK_BITS,
        boot_stack_size = const BOOT_STACK_SIZE,
        vectors = sym vectors,
        el2 = const 2 << 2,
        cpacr_el1_fpen = const CPACR_EL1_FPEN,
        hcr_el2_rw = const HCR_EL2_RW,
        cptr_el2 = const CPTR_EL2_RES1,
        rust_entry = sym rust_entry,
    )
}

extern "C" fn rust_entry(argument: u64, main: Main) -> ! {
    if current_level() == 3 {
        state::note_entry_at_el3();
        // SAFETY: at EL3.
        unsafe { coherency::join() };
    }
    main(argument)
}

unsafe extern "C" {
    /// The exception vectors (Arm ARM DDI 0487, "Exception vectors"), for VBAR_ELx.
    pub safe fn vectors();
}

// Each vector says which one it is, in x0. Nothing of the interrupted program is saved: no
// exception is expected, so none returns. Nothing runs in AArch32 below, so the last four vectors
// are not there. Nothing runs with SP_EL0, so the first four are zeroes: undefined instructions,
// which the fifth reports.
global_asm!(
    ".section .vectors, \"ax\"",
    ".balign 0x800",
    ".global vectors",
    "vectors:",
    ".skip   4 * 0x80",
    ".set    index, 4",
    ".rept   8",
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
        "mrs     x9, sctlr_el3",
        "bic     x9, x9, #{sctlr_m}",
        "msr     sctlr_el3, x9",
        "4:",
        "isb",
        clean_program!(),
        "msr     spsel, #1",
        find_number!(),
        use_stack!(),
        "mov     x4, x9",
        "b       {report}",
        no_affinity = const NO_AFFINITY,
        cores = sym CORES,
        last_core = const MAX_CORES - 1,
        stacks = sym STACKS,
        stack_bits = const STACK_BITS,
        boot_stack_size = const BOOT_STACK_SIZE,
        el2 = const 2 << 2,
        sctlr_m = const SCTLR_M,
        report = sym fault::report,
    )
}
