// SPDX-License-Identifier: BSD-2-Clause

//! Makes a core's caches coherent with those of the others, if there is no firmware that does.

use crate::{read_register, write_register};

/// MIDR_EL1.Implementer and .PartNum, without the release of the processor.
const PROCESSOR: u64 = 0xff00_fff0;

/// The processors with CPUECTLR_EL1.SMPEN: Cortex-A53, Cortex-A35, Cortex-A57, Cortex-A72, Cortex-A73 (Technical
/// Reference Manuals DDI 0500, 100236, DDI 0488, 100095 and 100048).
const WITH_SMPEN: [u64; 5] = [
    0x4100_d030,
    0x4100_d040,
    0x4100_d070,
    0x4100_d080,
    0x4100_d090,
];

/// CPUECTLR_EL1.SMPEN: must be set before the caches are turned on or maintained, even on a single core.
const SMPEN: u64 = 1 << 6;

/// Makes this core's caches coherent.
///
/// # Safety
///
/// Must be called at EL3.
pub(crate) unsafe fn join() {
    if WITH_SMPEN.contains(&(read_register!("midr_el1") & PROCESSOR)) {
        let control = read_register!("S3_1_C15_C2_1"); // CPUECTLR_EL1
        // SAFETY: this processor has the register, and the caches are still off.
        unsafe {
            write_register!("S3_1_C15_C2_1", control | SMPEN);
            core::arch::asm!("isb", options(nostack, preserves_flags));
        }
    }
}
