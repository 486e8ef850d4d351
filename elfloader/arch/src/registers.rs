// SPDX-License-Identifier: BSD-2-Clause

//! System registers: access and values.
//!
//! We don't use the crate `aarch64-cpu` here: it lacks some of these registers, above all those of EL3, and the
//! compiler may move memory accesses across its writes.
//!
//! Source: Arm Architecture Reference Manual, DDI 0487, the descriptions of the registers.

/// Reads a system register without side effects.
#[macro_export]
macro_rules! read_register {
    ($name:expr) => {{
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

/// Reads the register `NAME_ELx` of the current exception level.
#[macro_export]
macro_rules! read_own_register {
    ($name:literal) => {
        match $crate::registers::current_level() {
            1 => $crate::read_register!(concat!($name, "_el1")),
            2 => $crate::read_register!(concat!($name, "_el2")),
            _ => $crate::read_register!(concat!($name, "_el3")),
        }
    };
}

/// Reads several registers as [`read_own_register!`] does one, with one look at the exception level.
#[macro_export]
macro_rules! read_own_registers {
    ($($name:literal),+) => {
        match $crate::registers::current_level() {
            1 => [$($crate::read_register!(concat!($name, "_el1"))),+],
            2 => [$($crate::read_register!(concat!($name, "_el2"))),+],
            _ => [$($crate::read_register!(concat!($name, "_el3"))),+],
        }
    };
}

/// Writes a system register.
///
/// Use it in an unsafe block that says why the write is right.
#[macro_export]
macro_rules! write_register {
    ($name:expr, $value:expr) => {
        core::arch::asm!(
            concat!("msr ", $name, ", {}"),
            in(reg) $value,
            options(nostack, preserves_flags),
        )
    };
}

/// Writes the register `NAME_ELx` of the current exception level, as [`write_register!`].
#[macro_export]
macro_rules! write_own_register {
    ($name:literal, $value:expr) => {
        match $crate::registers::current_level() {
            1 => $crate::write_register!(concat!($name, "_el1"), $value),
            2 => $crate::write_register!(concat!($name, "_el2"), $value),
            _ => $crate::write_register!(concat!($name, "_el3"), $value),
        }
    };
}

/// CPACR_EL1.FPEN: floating-point instructions don't trap.
pub const CPACR_EL1_FPEN: u64 = 0b11 << 20;

/// CPTR_EL2 with HCR_EL2.E2H = 0: nothing traps. The bits that are set are RES1.
pub const CPTR_EL2_RES1: u64 = 0x33ff;

/// CPTR_EL2.FPEN, which is a field of it only with HCR_EL2.E2H = 1: floating-point instructions don't trap.
pub const CPTR_EL2_FPEN: u64 = 0b11 << 20;

/// CPTR_EL2 that permits floating-point instructions whatever HCR_EL2.E2H is. With 0, accesses to trace registers trap.
pub const CPTR_EL2_EITHER: u64 = CPTR_EL2_RES1 | CPTR_EL2_FPEN;

/// HCR_EL2.RW: EL1 is AArch64. Nothing traps, and there is no second stage of translation.
pub const HCR_EL2_RW: u64 = 1 << 31;

/// HCR_EL2 for a program at EL2: [`HCR_EL2_RW`], and SErrors are taken there (AMO). Otherwise, they would stay pending.
pub const HCR_EL2_OWN: u64 = HCR_EL2_RW | 1 << 5;

/// HCR_EL2.E2H: EL2 is for a host, and some of its registers have another layout. Stays 1 on processors without
/// FEAT_E2H0.
pub const HCR_EL2_E2H: u64 = 1 << 34;

/// SCTLR_ELx.M: translation is on.
pub const SCTLR_M: u64 = 1 << 0;

/// SCTLR_ELx.C: data are cacheable, with translation on.
pub const SCTLR_C: u64 = 1 << 2;

/// SCTLR_ELx.I: instructions are cacheable, even with translation off.
pub const SCTLR_I: u64 = 1 << 12;

/// SCTLR_ELx.M, .C and .I: translation is on, data and instructions are cacheable.
pub const SCTLR_ON: u64 = SCTLR_M | SCTLR_C | SCTLR_I;

/// SCTLR_EL1 with translation off: the RES1 bits of Armv8.0, I, and nTWI and nTWE, so that EL0 may wait for interrupts
/// and events.
pub const SCTLR_EL1_OFF: u64 = 0x30d0_0800 | SCTLR_I | 1 << 16 | 1 << 18;

/// SCTLR_EL2 and SCTLR_EL3 with translation off: the RES1 bits, and I.
pub const SCTLR_EL2_OFF: u64 = 0x30c5_0830 | SCTLR_I;

/// TCR_ELx of one address range: 48-bit addresses (TnSZ = 16), 4 KiB granules (TGn = 0), table walks write-back
/// write-allocate (IRGNn, ORGNn) and inner shareable (SHn).
pub const TCR_RANGE: u64 = 16 | 0b01 << 8 | 0b01 << 10 | 0b11 << 12;

/// Offset of TCR_EL1.IPS.
pub const TCR_EL1_IPS_SHIFT: u32 = 32;

/// TCR_EL2 and TCR_EL3 without PS. Bits 23 and 31 are RES1.
pub const TCR_EL2: u64 = TCR_RANGE | 1 << 23 | 1 << 31;

/// Offset of TCR_EL2.PS and TCR_EL3.PS.
pub const TCR_EL2_PS_SHIFT: u32 = 16;

/// 40 bits in TCR_ELx.(I)PS.
pub const PS_40_BITS: u64 = 2;

/// 44 bits in TCR_ELx.(I)PS.
pub const PS_44_BITS: u64 = 4;

/// 48 bits in TCR_ELx.(I)PS, the most for 48-bit addresses and 4 KiB granules.
pub const PS_48_BITS: u64 = 5;

/// The current exception level, 1 to 3.
pub fn current_level() -> u64 {
    read_register!("CurrentEL") >> 2 & 0b11
}

/// Whether the processor has EL2: ID_AA64PFR0_EL1.EL2.
pub fn has_el2() -> bool {
    read_register!("id_aa64pfr0_el1") >> 8 & 0xf != 0
}

/// The size of physical addresses, encoded as TCR_ELx.(I)PS: ID_AA64MMFR0_EL1.PARange.
pub fn physical_address_range() -> u64 {
    read_register!("id_aa64mmfr0_el1") & 0xf
}

/// Whether the processor has translation granules of 4 KiB, and no 52-bit addresses with them, by which seL4 takes the
/// granules for missing: ID_AA64MMFR0_EL1.TGran4.
pub fn has_4_kib_granules() -> bool {
    read_register!("id_aa64mmfr0_el1") >> 28 & 0xf == 0
}

/// Whether HCR_EL2.E2H stays 1: ID_AA64MMFR4_EL1.E2H0 is negative.
pub fn always_has_e2h() -> bool {
    read_register!("S3_0_C0_C7_4") & 1 << 27 != 0
}

/// Whether the processor has CRC32 instructions: ID_AA64ISAR0_EL1.CRC32.
pub fn has_crc32() -> bool {
    read_register!("id_aa64isar0_el1") >> 16 & 0xf != 0
}

/// Whether the processor has SHA-256 instructions: ID_AA64ISAR0_EL1.SHA2.
pub fn has_sha256() -> bool {
    read_register!("id_aa64isar0_el1") >> 12 & 0xf != 0
}
