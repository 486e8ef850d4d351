// SPDX-License-Identifier: BSD-2-Clause

//! Takes the processor over from the firmware.

use core::arch::naked_asm;

use crate::coherency::{FAMILY, FAMILY_MASK, SMPEN, WITH_SMPEN, join};
use crate::registers::{SCTLR_C, SCTLR_I, SCTLR_M};

/// Turns the instruction cache on, because with it off, each instruction is fetched from memory. Turns translation and
/// the data cache off, if the firmware left them on (U-Boot's `bootelf` and `go`): before, it writes the memory from x9
/// up to x10 back. It leaves them on if they translate this program to another address, where it couldn't continue.
///
/// Sets x12 to 1 if it turned the data cache off, and else to 0, and x13 to SCTLR_ELx. Changes only x9 to x15 and the
/// flags, and accesses no memory. A program calls it before anything else, on each core.
///
/// # Safety
///
/// Nothing else may rely on SCTLR_ELx. The memory must be that of the program.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.06.take_over")]
pub unsafe extern "C" fn take_over() {
    naked_asm!(
        "mrs     x11, CurrentEL",
        "tbz     x11, #3, 1f",
        "tbz     x11, #2, 1f",
        join!(),
        // Its content is UNKNOWN after a reset, and may be old otherwise.
        "1:",
        "ic      iallu",
        "mov     x12, #0",
        "cmp     x11, #{el2}",
        "b.hi    3f",
        "b.eq    2f",
        "at      s1e1r, x9",
        "mrs     x13, sctlr_el1",
        "b       4f",
        "2:",
        "at      s1e2r, x9",
        "mrs     x13, sctlr_el2",
        "b       4f",
        "3:",
        "at      s1e3r, x9",
        "mrs     x13, sctlr_el3",
        "4:",
        "b       {leave_translation}",
        family = const FAMILY,
        family_mask = const FAMILY_MASK,
        with_smpen = const WITH_SMPEN,
        smpen = const SMPEN,
        el2 = const 2 << 2,
        leave_translation = sym leave_translation,
    )
}

/// Continues with CurrentEL in x11, SCTLR_ELx in x13, and the translation of x9 in PAR_EL1.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.07.leave_translation")]
unsafe extern "C" fn leave_translation() {
    naked_asm!(
        "dsb     sy",
        "isb",
        "tbz     x13, #{sctlr_m}, {write_control}",
        // PAR_EL1.F: there is no translation. Else its bits 47:12 are those of the physical address.
        "mrs     x14, par_el1",
        "tbnz    x14, #0, 2f",
        "eor     x14, x14, x9",
        "ubfx    x14, x14, #12, #36",
        "cbnz    x14, 2f",
        "mrs     x14, ctr_el0",
        "ubfx    x14, x14, #16, #4",
        "mov     x15, #4",
        "lsl     x15, x15, x14",
        "1:",
        "dc      civac, x9",
        "add     x9, x9, x15",
        "cmp     x9, x10",
        "b.lo    1b",
        "dsb     sy",
        "and     x13, x13, #~(1 << {sctlr_m})",
        "and     x13, x13, #~(1 << {sctlr_c})",
        "mov     x12, #1",
        "b       {write_control}",
        "2:",
        "ret",
        sctlr_m = const SCTLR_M.ilog2(),
        sctlr_c = const SCTLR_C.ilog2(),
        write_control = sym write_control,
    )
}

/// Writes x13 to SCTLR_ELx with the instruction cache on, with CurrentEL in x11. Accesses no memory.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.09.write_control")]
pub(crate) unsafe extern "C" fn write_control() {
    naked_asm!(
        "orr     x13, x13, #{sctlr_i}",
        "cmp     x11, #{el2}",
        "b.hi    3f",
        "b.eq    2f",
        "msr     sctlr_el1, x13",
        "b       4f",
        "2:",
        "msr     sctlr_el2, x13",
        "b       4f",
        "3:",
        "msr     sctlr_el3, x13",
        "4:",
        "isb",
        "ret",
        sctlr_i = const SCTLR_I,
        el2 = const 2 << 2,
    )
}
