// SPDX-License-Identifier: BSD-2-Clause

//! Goes down to the kernel's exception level.
//!
//! seL4 relies on these register values, and doesn't set them itself. Source: Arm Architecture Reference Manual,
//! DDI 0487, the descriptions of the registers.

use core::arch::asm;

use kaal_payload::ExceptionLevel;

use kaal_runtime::entry::vectors;
use kaal_runtime::registers::{
    CPACR_EL1_FPEN, CPTR_EL2_RES1, HCR_EL2_RW, SCTLR_EL1_OFF, SCTLR_EL2_OFF, current_level,
    has_el2, has_gic_registers,
};
use kaal_runtime::{read_register, write_register};

use crate::gic;

/// SCR_EL3: lower levels are non-secure and AArch64. HVC is enabled, SMC is not, because no firmware at EL3
/// would answer. Bits 4 and 5 are RES1. APK and API: pointer authentication doesn't trap, see [`HCR_EL2`].
const SCR_EL3: u64 = NON_SECURE | 0b11 << 4 | 1 << 7 | 1 << 8 | 1 << 10 | 0b11 << 16;

/// SCR_EL3.NS
const NON_SECURE: u64 = 1 << 0;

/// HCR_EL2: [`HCR_EL2_RW`], and APK and API: pointer authentication doesn't trap. EL1 can't forbid PACGA to EL0, so any
/// program could cause a trap to a level that doesn't handle it. The bits are RES0 on processors without it.
const HCR_EL2: u64 = HCR_EL2_RW | 0b11 << 40;

/// ICC_SRE_ELx: the GIC's system registers are on, for lower levels too (GIC architecture specification, IHI 0069).
const ICC_SRE: u64 = 0b1111;

/// CNTHCTL_EL2.EL1PCTEN and EL1PCEN: EL1 may use the physical counter and timer. Nothing else traps, and there are no
/// events.
const CNTHCTL_EL2_OPEN: u64 = 0b11;

/// MDCR_EL2.HPMN, the number of event counters for EL1: the only field that must keep its value.
const MDCR_EL2_HPMN: u64 = 0x1f;

/// VBAR_ELx of a level that no core may return to. The address is invalid in its translation regime, so an exception
/// causes the next one, for ever. The loader's own vectors lie in memory that the kernel reuses.
const NOWHERE: i64 = -0x800;

/// SPSR_ELx: DAIF masked, at EL1 with SP_EL1.
const SPSR_EL1H: u64 = 0b1111 << 6 | 0b0101;

/// SPSR_ELx: DAIF masked, at EL2 with SP_EL2.
const SPSR_EL2H: u64 = 0b1111 << 6 | 0b1001;

/// Goes from one level to a lower one, on the same stack, and leaves the first level without vectors.
///
/// Use it in an unsafe block at the first level, after preparing the second.
macro_rules! drop_level {
    ($from:literal => $to:literal, $spsr:expr) => {
        asm!(
            concat!("msr     vbar_", $from, ", {nowhere}"),
            concat!("msr     spsr_", $from, ", {spsr}"),
            "adr     {scratch}, 2f",
            concat!("msr     elr_", $from, ", {scratch}"),
            "mov     {scratch}, sp",
            concat!("msr     sp_", $to, ", {scratch}"),
            "eret",
            "2:",
            nowhere = in(reg) NOWHERE,
            spsr = in(reg) $spsr,
            scratch = out(reg) _,
        )
    };
}

/// Goes down to `target` on the core with the number `core`, on the same stack. Leaves the levels in between as the
/// kernel expects them.
///
/// [`crate::verify::exception_level`] has checked that the target can be reached.
pub(crate) fn lower_to(target: ExceptionLevel, core: u64) {
    if let Some(gic) = gic::in_need_of_release() {
        // SAFETY: it is the machine's.
        unsafe { gic::release_own_interrupts(gic, core) };
    }
    if current_level() == 3 {
        // SAFETY: this runs at EL3.
        unsafe { leave_el3() };
    }
    if current_level() == 2 {
        // SAFETY: this runs at EL2. Nothing depends on the old values, except on MDCR_EL2.HPMN.
        unsafe { prepare_el2() };
        if target == ExceptionLevel::El1 {
            // SAFETY: this runs at EL2, and EL1 is prepared.
            unsafe {
                prepare_el1();
                drop_level!("el2" => "el1", SPSR_EL1H);
            }
        }
    }
}

/// Goes from EL3 to EL2, or to EL1 if the processor has no EL2.
///
/// # Safety
///
/// Must be called at EL3.
unsafe fn leave_el3() {
    // SAFETY: EL3 allows all of this, and there is no other software whose state matters.
    unsafe {
        if has_gic_registers() {
            write_register!("S3_6_C12_C12_5", ICC_SRE); // ICC_SRE_EL3
        }
        write_register!("scr_el3", SCR_EL3);
        write_register!("mdcr_el3", 0u64);
        if has_el2() {
            write_register!("sctlr_el2", SCTLR_EL2_OFF);
            write_register!("hcr_el2", HCR_EL2);
            write_register!("cptr_el2", CPTR_EL2_RES1);
            write_register!("vbar_el2", vectors as *const () as usize);
            drop_level!("el3" => "el2", SPSR_EL2H);
        } else {
            prepare_el1();
            drop_level!("el3" => "el1", SPSR_EL1H);
        }
    }
}

/// Gives EL1 and the kernel what EL2 controls.
///
/// # Safety
///
/// Must be called at EL2.
unsafe fn prepare_el2() {
    let event_counters = read_register!("mdcr_el2") & MDCR_EL2_HPMN;
    let (processor, affinity) = (read_register!("midr_el1"), read_register!("mpidr_el1"));
    // SAFETY: EL2 allows all of this, and there is no guest to disturb.
    unsafe {
        write_register!("hcr_el2", HCR_EL2);
        write_register!("cptr_el2", CPTR_EL2_RES1);
        write_register!("hstr_el2", 0u64);
        write_register!("vttbr_el2", 0u64);
        write_register!("mdcr_el2", event_counters);
        write_register!("cnthctl_el2", CNTHCTL_EL2_OPEN);
        write_register!("cntvoff_el2", 0u64);
        write_register!("vpidr_el2", processor);
        write_register!("vmpidr_el2", affinity);
        if has_gic_registers() {
            write_register!("S3_4_C12_C9_5", ICC_SRE); // ICC_SRE_EL2
        }
    }
}

/// Gives EL1 a defined state.
///
/// # Safety
///
/// Must be called above EL1.
unsafe fn prepare_el1() {
    // SAFETY: nothing runs at EL1 yet.
    unsafe {
        write_register!("sctlr_el1", SCTLR_EL1_OFF);
        write_register!("cpacr_el1", CPACR_EL1_FPEN);
        write_register!("vbar_el1", vectors as *const () as usize);
    }
}
