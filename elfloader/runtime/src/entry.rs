// SPDX-License-Identifier: BSD-2-Clause

//! The entry point and the exception vectors: the code that runs without a stack.

use core::arch::{global_asm, naked_asm};
use core::cell::UnsafeCell;
use core::mem::offset_of;

use kaal_payload::{MAX_CORES, MAX_SIZE, PAGE_SIZE, PhysAddr, PhysRange};

use crate::cores::{CORES, Cores, NO_AFFINITY, find_number};
use crate::fault::{self, Interrupted};
use crate::registers::{CPACR_EL1_FPEN, CPTR_EL2_EITHER, HCR_EL2_OWN, SCTLR_M, current_level};
use crate::state::{self, HAD_CACHES};
use crate::stop::park;
use crate::takeover::take_over;
use crate::{address_of, cache};

/// Size in bytes of the stack of the first core.
const BOOT_STACK_SIZE: usize = 16 * 1024;

/// log2 of the size in bytes of the other cores' stacks.
const STACK_BITS: u32 = 11;

/// The stacks of all cores, by number. Rust code uses only their address.
#[repr(align(16))]
pub struct Stacks {
    _bytes: UnsafeCell<[u8; BOOT_STACK_SIZE + ((MAX_CORES as usize - 1) << STACK_BITS)]>,
}

// SAFETY: each stack is only accessed by one core, through its stack pointer.
unsafe impl Sync for Stacks {}

/// The stacks.
#[unsafe(link_section = ".bss.stacks")]
pub static STACKS: Stacks = Stacks {
    _bytes: UnsafeCell::new([0; _]),
};

/// The memory that the first core writes to: variables and its stack.
pub fn own_memory() -> PhysRange {
    // `.data` begins a page, and fits it. `.bss` and the stacks follow.
    let variables = (address_of!("_edata").addr() as u64 - 1) / PAGE_SIZE * PAGE_SIZE;
    let stack_end = (&raw const STACKS).addr() + BOOT_STACK_SIZE;
    PhysRange {
        start: PhysAddr(variables),
        end: PhysAddr(stack_end as u64),
    }
}

/// Sets `sp` to the end of the stack of the core with the number in x0. Changes x1.
macro_rules! use_stack {
    () => {
        "
        adr     x1, {stacks}
        add     x1, x1, x0, lsl #{stack_bits}
        add     sp, x1, #{boot_stack_size}
        "
    };
}

/// Calls [`take_over`] for the program's memory, with the payload header behind it.
macro_rules! take_over_from_firmware {
    () => {
        "
        adr     x9, __ehdr_start
        adrp    x10, _end + {header_end}
        bl      {take_over}
        "
    };
}

/// The main function of a program. The first core passes what the firmware left in x0, others pass their number.
pub type Main = extern "C" fn(u64) -> !;

/// Defines the program's entry point, `_start`, which starts `$main`. The other arguments are those of
/// [`program`](crate::program!).
#[macro_export]
macro_rules! entry_point {
    ($main:path, $name:literal, $symbol_at:expr) => {
        $crate::program!($name, $symbol_at);

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

/// Calls `main` with x0 unchanged, after setting up a stack and exception vectors.
///
/// At EL3 there is no firmware that holds back the other cores, so all cores come here. The one with affinity 0
/// continues, as in other firmware (U-Boot, `branch_if_master`). The others wait in the pen until
/// [`crate::cores::open_pen`].
///
/// # Safety
///
/// Jump here at EL1, EL2 or EL3. The MMU and interrupts may be on.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.03.start")]
pub unsafe extern "C" fn start(firmware_x0: u64, main: Main) -> ! {
    naked_asm!(
        "msr     daifset, #0xf",
        take_over_from_firmware!(),
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
        // The first core has the number 0.
        "2:",
        "cbz     x12, 4f",
        "adr     x9, {had_caches}",
        "strb    w12, [x9]",
        "4:",
        "mov     x3, x0",
        "mov     x0, #0",
        "b       {prepare}",
        "3:",
        "br      x11",
        take_over = sym take_over,
        header_end = const PAGE_SIZE as usize - 1 + MAX_SIZE,
        el3 = const 3 << 2,
        no_affinity_or_res1 = const 0xff00_0000u64,
        cores = sym CORES,
        way_out = const offset_of!(Cores, way_out),
        had_caches = sym HAD_CACHES,
        prepare = sym prepare,
    )
}

/// Calls `main` with the core's number, after setting up a stack and exception vectors. A core that isn't listed is not
/// needed, and sleeps.
///
/// # Safety
///
/// As [`start`].
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.04.start_listed")]
pub unsafe extern "C" fn start_listed(_: u64, main: Main) -> ! {
    naked_asm!(
        "msr     daifset, #0xf",
        take_over_from_firmware!(),
        "mov     x4, x1",
        find_number!(),
        "mov     x1, x4",
        "mov     x3, x0",
        "cbnz    x0, {prepare}",
        "b       {park}",
        take_over = sym take_over,
        header_end = const PAGE_SIZE as usize - 1 + MAX_SIZE,
        no_affinity = const NO_AFFINITY,
        cores = sym CORES,
        last_core = const MAX_CORES - 1,
        prepare = sym prepare,
        park = sym park,
    )
}

/// Sets up what Rust code needs on the core with the number in x0, and calls the [`Main`] in x1 with x3.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.05.prepare")]
unsafe extern "C" fn prepare() -> ! {
    naked_asm!(
        // seL4 expects the number there (seL4 16.0.0, `src/arch/arm/64/head.S`).
        "msr     tpidr_el1, x0",
        "msr     spsel, #1",
        "mov     x4, x1",
        use_stack!(),
        // Set the vectors, and don't trap floating-point instructions, which compiled code may use.
        "adr     x10, {vectors}",
        "mrs     x9, CurrentEL",
        "cmp     x9, #{el2}",
        "b.hi    3f",
        "b.eq    2f",
        "msr     vbar_el1, x10",
        "mov     x9, #{cpacr_el1_fpen}",
        "msr     cpacr_el1, x9",
        "b       4f",
        // HCR_EL2 first: its bit E2H, which may be stuck, changes the meaning of CPTR_EL2.
        "2:",
        "msr     vbar_el2, x10",
        "movz    x9, #({hcr_el2} & 0xffff)",
        "movk    x9, #({hcr_el2} >> 16), lsl #16",
        "msr     hcr_el2, x9",
        "isb",
        "movz    x9, #({cptr_el2} & 0xffff)",
        "movk    x9, #({cptr_el2} >> 16), lsl #16",
        "msr     cptr_el2, x9",
        "b       4f",
        "3:",
        "msr     vbar_el3, x10",
        "msr     cptr_el3, xzr",
        "4:",
        "isb",
        "mov     x0, x3",
        "mov     x1, x4",
        "b       {rust_entry}",
        stacks = sym STACKS,
        stack_bits = const STACK_BITS,
        boot_stack_size = const BOOT_STACK_SIZE,
        vectors = sym vectors,
        el2 = const 2 << 2,
        cpacr_el1_fpen = const CPACR_EL1_FPEN,
        hcr_el2 = const HCR_EL2_OWN,
        cptr_el2 = const CPTR_EL2_EITHER,
        rust_entry = sym rust_entry,
    )
}

extern "C" fn rust_entry(argument: u64, main: Main) -> ! {
    if current_level() == 3 {
        state::note_entry_at_el3();
    }
    main(argument)
}

unsafe extern "C" {
    /// The exception vectors (Arm ARM DDI 0487, "Exception vectors"), for VBAR_ELx.
    pub safe fn vectors();
}

// No exception is expected, and none returns, so all have the same handler, which reads the syndrome registers. Lower
// levels never run AArch32 code, so the last four vectors are missing.
//
// A vector has room for 32 instructions. Behind its branch lies other code that needs no stack: functions in the section
// `.vectors.N.NAME`. The first part of the code after an exception is behind vector 0, and so on.
global_asm!(
    ".macro  vector n",
    ".pushsection .vectors.\\n, \"ax\"",
    ".balign 0x80",
    "b       {exception}",
    ".popsection",
    ".endm",
    ".pushsection .vectors.00, \"ax\"",
    ".balign 0x800",
    ".global vectors",
    "vectors:",
    ".popsection",
    ".irp    n, 00, 01, 02, 03, 04, 05, 06, 07, 08, 09, 10, 11",
    "vector  \\n",
    ".endr",
    exception = sym exception,
);

/// Handles an exception: turns translation off, saves the registers and calls [`fault::report`]. With translation on,
/// the console may be unmapped, or the page tables may be wrong.
///
/// The interrupted program decides what is mapped, so there is no memory for the registers until translation is off.
/// The first ones are kept in vector registers, which a report doesn't print. A kernel may have turned these off.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.00.exception")]
unsafe extern "C" fn exception() -> ! {
    naked_asm!(
        "msr     tpidr_el0, x0",
        "mrs     x0, CurrentEL",
        "tbnz    x0, #{not_el1}, 2f",
        "mrs     x0, sctlr_el1",
        "bic     x0, x0, #{sctlr_m}",
        "msr     sctlr_el1, x0",
        "mov     x0, #{cpacr_el1_fpen}",
        "msr     cpacr_el1, x0",
        "b       4f",
        "2:",
        "tbnz    x0, #{not_el2}, 3f",
        "mrs     x0, sctlr_el2",
        "bic     x0, x0, #{sctlr_m}",
        "msr     sctlr_el2, x0",
        "movz    x0, #({cptr_el2} & 0xffff)",
        "movk    x0, #({cptr_el2} >> 16), lsl #16",
        "msr     cptr_el2, x0",
        "b       4f",
        "3:",
        "mrs     x0, sctlr_el3",
        "bic     x0, x0, #{sctlr_m}",
        "msr     sctlr_el3, x0",
        "msr     cptr_el3, xzr",
        "4:",
        "isb",
        "b       {find_stack}",
        // CurrentEL, bits 3:2.
        not_el1 = const 3,
        not_el2 = const 2,
        sctlr_m = const SCTLR_M,
        cpacr_el1_fpen = const CPACR_EL1_FPEN,
        cptr_el2 = const CPTR_EL2_EITHER,
        find_stack = sym find_stack,
    )
}

/// Continues with translation off: keeps the first registers, and sets `sp` to the core's stack.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.01.find_stack")]
unsafe extern "C" fn find_stack() -> ! {
    naked_asm!(
        "mrs     x0, tpidr_el0",
        "fmov    d0, x0",
        "fmov    d1, x1",
        "fmov    d2, x2",
        "fmov    d3, x3",
        "fmov    d4, x30",
        // What follows is written past the cache.
        "adrp    x0, __ehdr_start",
        "add     x0, x0, :lo12:__ehdr_start",
        "adrp    x1, _end",
        "add     x1, x1, :lo12:_end",
        "bl      {clean}",
        find_number!(),
        "mov     x2, sp",
        use_stack!(),
        "b       {save}",
        clean = sym cache::clean,
        no_affinity = const NO_AFFINITY,
        cores = sym CORES,
        last_core = const MAX_CORES - 1,
        stacks = sym STACKS,
        stack_bits = const STACK_BITS,
        boot_stack_size = const BOOT_STACK_SIZE,
        save = sym save,
    )
}

/// Continues with a stack: makes an [`Interrupted`] of the registers, of `sp` in x2 and of the core's number in x0.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.02.save")]
unsafe extern "C" fn save() -> ! {
    naked_asm!(
        "sub     sp, sp, #{interrupted_size}",
        "stp     d0, d1, [sp]",
        "stp     d2, d3, [sp, #(2 * 8)]",
        "stp     x4, x5, [sp, #(4 * 8)]",
        "stp     x6, x7, [sp, #(6 * 8)]",
        "stp     x8, x9, [sp, #(8 * 8)]",
        "stp     x10, x11, [sp, #(10 * 8)]",
        "stp     x12, x13, [sp, #(12 * 8)]",
        "stp     x14, x15, [sp, #(14 * 8)]",
        "stp     x16, x17, [sp, #(16 * 8)]",
        "stp     x18, x19, [sp, #(18 * 8)]",
        "stp     x20, x21, [sp, #(20 * 8)]",
        "stp     x22, x23, [sp, #(22 * 8)]",
        "stp     x24, x25, [sp, #(24 * 8)]",
        "stp     x26, x27, [sp, #(26 * 8)]",
        "stp     x28, x29, [sp, #(28 * 8)]",
        "str     d4, [sp, #(30 * 8)]",
        "stp     x2, x0, [sp, #{sp_and_core}]",
        "mov     x0, sp",
        "b       {report}",
        interrupted_size = const size_of::<Interrupted>(),
        sp_and_core = const offset_of!(Interrupted, stack_pointer),
        report = sym fault::report,
    )
}
