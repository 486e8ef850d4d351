// SPDX-License-Identifier: BSD-2-Clause

//! Makes a core's caches coherent with those of the others, if there is no firmware that does.

/// MIDR_EL1.Implementer and .PartNum, without the release of the processor and the last digit of the part.
pub(crate) const FAMILY_MASK: u32 = 0xff00_ff00;

/// Processors of Arm with a part of 0xd0x.
pub(crate) const FAMILY: u32 = 0x4100_d000;

/// The last digits, as bits, of the parts with CPUECTLR_EL1.SMPEN: Cortex-A53, Cortex-A35, Cortex-A57, Cortex-A72,
/// Cortex-A73 (Technical Reference Manuals DDI 0500, 100236, DDI 0488, 100095 and 100048).
pub(crate) const WITH_SMPEN: u32 = 1 << 3 | 1 << 4 | 1 << 7 | 1 << 8 | 1 << 9;

/// CPUECTLR_EL1.SMPEN: must be set before the caches are turned on or maintained, even on a single core.
pub(crate) const SMPEN: u64 = 1 << 6;

/// Makes this core's caches coherent. For EL3. Changes x13 and x14.
macro_rules! join {
    () => {
        "
        mrs     x13, midr_el1
        movz    w14, #({family} & 0xffff)
        movk    w14, #({family} >> 16), lsl #16
        eor     w14, w13, w14
        tst     w14, #{family_mask}
        b.ne    9f
        ubfx    w14, w13, #4, #4
        mov     w13, #{with_smpen}
        lsr     w13, w13, w14
        tbz     w13, #0, 9f
        mrs     x13, S3_1_C15_C2_1 // CPUECTLR_EL1
        orr     x13, x13, #{smpen}
        msr     S3_1_C15_C2_1, x13
        isb
    9:
        "
    };
}

pub(crate) use join;
