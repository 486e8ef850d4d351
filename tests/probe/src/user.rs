// SPDX-License-Identifier: BSD-2-Clause

//! Runs the user image.

use core::arch::asm;

use crate::console::{self, println};
use crate::entry::is_hyp;
use crate::finish;
use crate::handover::Arguments;
use crate::registers::has_pacga;
use crate::translation;

/// Starts the user image at EL0. x0 is 1 if the processor has PACGA, else 0.
///
/// # Safety
///
/// The image must lie where `arguments` say.
pub(crate) unsafe fn start(arguments: &Arguments) -> ! {
    translation::map_user_image(arguments);
    let (entry, has_pacga) = (arguments.user_entry, u64::from(has_pacga()));
    // SPSR 0: EL0, AArch64, no interrupt masked. No interrupt is enabled.
    // SAFETY: EL0 returns only by an exception, to the probe's vectors.
    unsafe {
        if is_hyp() {
            asm!(
                "msr elr_el2, {}", "msr spsr_el2, xzr", "eret",
                in(reg) entry, in("x0") has_pacga, options(noreturn),
            );
        } else {
            asm!(
                "msr elr_el1, {}", "msr spsr_el1, xzr", "eret",
                in(reg) entry, in("x0") has_pacga, options(noreturn),
            );
        }
    }
}

/// Handles the user image's call `number`.
pub(crate) fn call(number: u64, argument: u64) {
    /// Prints a character.
    const PUT: u64 = 0;
    /// Ends the program; 0 means success.
    const EXIT: u64 = 1;

    match number {
        PUT => console::send(argument as u8),
        EXIT => {
            println!("probe: the user image ended with status {argument}");
            finish(argument == 0)
        }
        _ => {
            println!("probe: the user image made call {number}, which does not exist");
            finish(false)
        }
    }
}
