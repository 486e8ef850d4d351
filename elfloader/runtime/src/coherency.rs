// SPDX-License-Identifier: BSD-2-Clause

//! Coherency of a core's caches with those of others, where no firmware has seen to it.

use crate::{read_register, write_register};

/// MIDR_EL1.Implementer and .PartNum: what is left says which release of a processor it is.
const PROCESSOR: u64 = 0xff00_fff0;

/// The processors that ask for it (Technical Reference Manuals DDI 0500, 100236, DDI 0488, 100095 and
/// 100048, of CPUECTLR_EL1.SMPEN): Cortex-A53, Cortex-A35, Cortex-A57, Cortex-A72, Cortex-A73.
const WITH_SMPEN: [u64; 5] = [
    0x4100_d030,
    0x4100_d040,
    0x4100_d070,
    0x4100_d080,
    0x4100_d090,
];

/// CPUECTLR_EL1.SMPEN: to be set before caches are turned on or maintained, even on a single core.
const SMPEN: u64 = 1 << 6;

/// Lets this core take part.
///
/// # Safety
///
/// Must be called at EL3.
pub(crate) unsafe fn join() {
    if WITH_SMPEN.contains(&(read_register!("midr_el1") & PROCESSOR)) {
        let control = read_register!("S3_1_C15_C2_1"); // CPUECTLR_EL1
        // SAFETY: the register is this processor's, and the caches are not in use yet.
        unsafe {
            write_register!("S3_1_C15_C2_1", control | SMPEN);
            core::arch::asm!("isb", options(nostack, preserves_flags));
        }
    }
}
