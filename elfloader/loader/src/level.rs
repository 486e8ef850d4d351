// SPDX-License-Identifier: BSD-2-Clause

//! Goes down to the kernel's exception level.

use core::arch::asm;

use kaal_payload::ExceptionLevel;

use kaal_runtime::registers::{current_level, has_el2};

use crate::gic;
use crate::system_registers;

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
        // SAFETY: this runs at EL3, and there is no other software whose state matters.
        unsafe { leave_el3() };
    }
    take_pending_serror();
    if current_level() == 2 {
        // SAFETY: this runs at EL2, and there is no guest to disturb.
        unsafe {
            system_registers::el2();
            asm!("isb", options(nostack, preserves_flags));
            system_registers::el2_interrupts();
        }
        if target == ExceptionLevel::El1 {
            // SAFETY: this runs at EL2, and EL1 is prepared.
            unsafe {
                system_registers::el1();
                drop_level!("el2" => "el1", SPSR_EL1H);
            }
        }
    }
    // SAFETY: this runs at the kernel's level, and the kernel doesn't run yet.
    unsafe { system_registers::el1_or_el2() };
}

/// Goes from EL3 to EL2, or to EL1 if the processor has no EL2.
///
/// # Safety
///
/// Must be called at EL3.
unsafe fn leave_el3() {
    // SAFETY: EL3 allows all of this.
    unsafe {
        system_registers::el3();
        if has_el2() {
            system_registers::el2_from_el3();
            drop_level!("el3" => "el2", SPSR_EL2H);
        } else {
            system_registers::el1();
            drop_level!("el3" => "el1", SPSR_EL1H);
        }
    }
}

/// Lets an SError that is pending at EL1 or EL2 be reported. seL4 would halt on it, most often without a message.
/// Firmware that routes SErrors to itself has handled it already.
fn take_pending_serror() {
    // SAFETY: the vectors are the loader's.
    unsafe { asm!("msr daifclr, #4", "isb", "msr daifset, #4") };
}
