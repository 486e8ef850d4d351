// SPDX-License-Identifier: BSD-2-Clause

//! System registers: access, and the values that they are given.
//!
//! Source: Arm Architecture Reference Manual, DDI 0487, the descriptions of the registers named.

/// Reads a system register whose reading changes nothing.
#[macro_export]
macro_rules! read_register {
    ($name:literal) => {{
        let value: u64;
        // SAFETY: reading the register changes nothing.
        unsafe {
            core::arch::asm!(
                concat!("mrs {}, ", $name),
                out(reg) value,
                options(nomem, nostack, preserves_flags),
            );
        }
        value
    }};
}

/// Writes a system register.
///
/// To be called in an unsafe block that says why the machine may be changed so.
#[macro_export]
macro_rules! write_register {
    ($name:literal, $value:expr) => {
        core::arch::asm!(
            concat!("msr ", $name, ", {}"),
            in(reg) $value,
            options(nostack, preserves_flags),
        )
    };
}

/// CPACR_EL1.FPEN: floating-point registers do not trap.
pub const CPACR_EL1_FPEN: u64 = 0b11 << 20;

/// CPTR_EL2: nothing traps; the bits that are set are RES1.
pub const CPTR_EL2_RES1: u64 = 0x33ff;

/// HCR_EL2.RW: EL1 is AArch64; nothing traps, no second stage of translation.
pub const HCR_EL2_RW: u64 = 1 << 31;

/// SCTLR_ELx.M: translation is on.
pub const SCTLR_M: u64 = 1 << 0;

/// SCTLR_ELx.C: data accesses are cacheable.
pub const SCTLR_C: u64 = 1 << 2;

/// SCTLR_ELx.I: instruction fetches are cacheable.
pub const SCTLR_I: u64 = 1 << 12;

/// SCTLR_EL1 with translation off: the RES1 bits of Armv8.0, and nTWI and nTWE, so that a user
/// thread may wait for interrupts and events.
pub const SCTLR_EL1_OFF: u64 = 0x30d0_0800 | 1 << 16 | 1 << 18;

/// SCTLR_EL2 with translation off: the RES1 bits.
pub const SCTLR_EL2_OFF: u64 = 0x30c5_0830;

/// The exception level that the processor is at, 1 to 3.
pub fn current_level() -> u64 {
    read_register!("CurrentEL") >> 2 & 0b11
}

/// Whether the processor has EL2: ID_AA64PFR0_EL1.EL2.
pub fn has_el2() -> bool {
    read_register!("id_aa64pfr0_el1") >> 8 & 0xf != 0
}

/// Whether the GIC CPU interface has system registers: ID_AA64PFR0_EL1.GIC.
pub fn has_gic_registers() -> bool {
    read_register!("id_aa64pfr0_el1") >> 24 & 0xf != 0
}

/// The size of physical addresses, as TCR_ELx.(I)PS encodes it: ID_AA64MMFR0_EL1.PARange.
pub fn physical_address_range() -> u64 {
    read_register!("id_aa64mmfr0_el1") & 0xf
}

/// Whether the processor has CRC32 instructions: ID_AA64ISAR0_EL1.CRC32.
pub fn has_crc32() -> bool {
    read_register!("id_aa64isar0_el1") >> 16 & 0xf != 0
}

/// Whether the processor has SHA-256 instructions: ID_AA64ISAR0_EL1.SHA2.
pub fn has_sha256() -> bool {
    read_register!("id_aa64isar0_el1") >> 12 & 0xf != 0
}
