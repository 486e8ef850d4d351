// SPDX-License-Identifier: BSD-2-Clause

//! The rows: a register and a harmful value.
//!
//! Source: Arm Architecture Reference Manual, DDI 0487, the descriptions of the registers.

use core::arch::asm;

use crate::console::Names;

macro_rules! read {
    ($register:expr) => {{
        let value: u64;
        // SAFETY: reading the register changes nothing.
        unsafe { asm!(concat!("mrs {}, ", $register), out(reg) value, options(nomem, nostack)) };
        value
    }};
}

/// A field of four bits of an ID register.
macro_rules! field {
    ($register:literal, $low:literal) => {
        read!($register) >> $low & 0xf
    };
}

macro_rules! encoding {
    ($name:literal) => {
        $name
    };
    ($name:literal $encoding:literal) => {
        $encoding
    };
}

macro_rules! rows {
    ($(
        $(#[doc = $what:literal])+
        fn $function:ident {$(
            if $condition:expr => {$( $name:literal $(= $encoding:literal)? <- $value:expr; )+}
        )+}
    )+) => {$(
        $(#[doc = $what])+
        ///
        /// # Safety
        ///
        /// Nothing at the level, or above it where these rows aren't for it, may need the old values.
        pub(crate) unsafe fn $function(names: &mut Names) {$(
            if $condition {$(
                let (before, value): (u64, u64) = (read!(encoding!($name $($encoding)?)), $value);
                // SAFETY: the processor has the register, and the caller vouches for the rest.
                unsafe {
                    asm!(concat!("msr ", encoding!($name $($encoding)?), ", {}"), in(reg) value, options(nostack));
                }
                let is_changed = read!(encoding!($name $($encoding)?)) != before;
                names.add($name, if is_changed { "poisoned" } else { "unchanged" });
            )+} else {$(
                names.add($name, "absent");
            )+}
        )+}
    )+};
}

/// An address without memory.
const NOWHERE: u64 = 0xdead_0000;

/// SCTLR_ELx: translation is on (M), with write implying execute-never (WXN) and big-endian data (EE).
const SCTLR: u64 = 0x30d0_0800 | 1 | 1 << 19 | 1 << 25;

/// SCR_EL3: AArch32 and secure below. Interrupts come to EL3 (IRQ, FIQ, EA), as do traps (TWI, TWE, TLOR, TERR).
const SCR_EL3: u64 = 0b111110 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15;

/// All bits of an HFGxTR_EL2 and its relatives that trap if they are set.
const TRAPS: u64 = (1 << 50) - 1;

fn has_fgt() -> bool {
    field!("id_aa64mmfr0_el1", 56) > 0
}

fn has_fgt2() -> bool {
    field!("id_aa64mmfr0_el1", 56) > 1
}

fn has_amu() -> bool {
    field!("id_aa64pfr0_el1", 44) > 0
}

fn has_pmu() -> bool {
    (1..15).contains(&field!("id_aa64dfr0_el1", 8))
}

fn has_gic_registers() -> bool {
    field!("id_aa64pfr0_el1", 24) > 0
}

pub(crate) fn has_el2() -> bool {
    field!("id_aa64pfr0_el1", 8) > 0
}

rows! {
    /// Registers of EL1 and EL0, at any level.
    fn el1 {
        if true => {
            "MDSCR_EL1" <- 1 | 1 << 12 | 1 << 13 | 1 << 15;
            "MAIR_EL1" <- 0x0123_4567_89ab_cdef;
            "TCR_EL1" <- 1 << 7 | 1 << 23 | 1 << 37;
            "TTBR0_EL1" <- NOWHERE;
            "TTBR1_EL1" <- NOWHERE;
            "VBAR_EL1" <- NOWHERE;
            "TPIDR_EL1" <- NOWHERE;
        }
        if has_pmu() => {
            "PMUSERENR_EL0" <- 0xf;
        }
        if has_amu() => {
            "AMUSERENR_EL0" = "S3_3_C13_C2_3" <- 0xf;
        }
    }

    /// Registers of EL1, at EL1. The last ones are set when leaving.
    fn el1_own {
        if true => {
            "CNTKCTL_EL1" <- 0;
        }
    }

    /// Registers of EL1, above EL1.
    fn el1_lower {
        if true => {
            "SCTLR_EL1" <- SCTLR;
            "CPACR_EL1" <- 0b10 << 20;
        }
    }

    /// Registers of EL2, at EL2 or EL3.
    fn el2 {
        if true => {
            "HSTR_EL2" <- 0xffff;
            "VTTBR_EL2" <- NOWHERE;
            "VTCR_EL2" <- 0x8000_0019;
            "MDCR_EL2" <- read!("mdcr_el2") & 0x1f | 0b111_1110_0000;
            "CNTHCTL_EL2" <- 0b100;
            "CNTVOFF_EL2" <- 1 << 48;
            "VPIDR_EL2" <- 0;
            "VMPIDR_EL2" <- 0x8012_3456;
            "MAIR_EL2" <- 0x0123_4567_89ab_cdef;
            "TCR_EL2" <- 0x8080_0019;
            "TTBR0_EL2" <- NOWHERE;
            "VBAR_EL2" <- NOWHERE;
        }
        if has_gic_registers() => {
            "ICH_HCR_EL2" = "S3_4_C12_C11_0" <- 0b111 << 10;
            "ICC_SRE_EL2" = "S3_4_C12_C9_5" <- 0;
        }
        if has_fgt() => {
            "HFGRTR_EL2" = "S3_4_C1_C1_4" <- TRAPS;
            "HFGWTR_EL2" = "S3_4_C1_C1_5" <- TRAPS;
            "HFGITR_EL2" = "S3_4_C1_C1_6" <- TRAPS;
            "HDFGRTR_EL2" = "S3_4_C3_C1_4" <- TRAPS;
            "HDFGWTR_EL2" = "S3_4_C3_C1_5" <- TRAPS;
        }
        if has_fgt() && has_amu() => {
            "HAFGRTR_EL2" = "S3_4_C3_C1_6" <- TRAPS;
        }
        if has_fgt2() => {
            "HFGRTR2_EL2" = "S3_4_C3_C1_2" <- TRAPS;
            "HFGWTR2_EL2" = "S3_4_C3_C1_3" <- TRAPS;
            "HFGITR2_EL2" = "S3_4_C3_C1_7" <- TRAPS;
            "HDFGRTR2_EL2" = "S3_4_C3_C1_0" <- TRAPS;
            "HDFGWTR2_EL2" = "S3_4_C3_C1_1" <- TRAPS;
        }
        if field!("id_aa64mmfr1_el1", 40) > 0 => {
            "HCRX_EL2" = "S3_4_C1_C2_2" <- !0;
        }
        if field!("id_aa64mmfr1_el1", 16) > 0 => {
            "LORC_EL1" = "S3_0_C10_C4_3" <- 1;
        }
    }

    /// Registers of EL2, at EL3.
    fn el2_lower {
        if true => {
            "SCTLR_EL2" <- SCTLR;
            "CPTR_EL2" <- 1 << 31 | 1 << 10 | 0x33ff;
            "HCR_EL2" <- 0x5_7fff_9039;
        }
    }

    /// Registers of EL3, at EL3. The last ones are set when leaving.
    fn el3 {
        if true => {
            "MDCR_EL3" <- 1 << 6 | 1 << 9 | 1 << 10;
            "MAIR_EL3" <- 0x0123_4567_89ab_cdef;
            "TCR_EL3" <- 0x8080_0019;
            "TTBR0_EL3" <- NOWHERE;
            "VBAR_EL3" <- NOWHERE;
        }
        if has_gic_registers() => {
            "ICC_SRE_EL3" = "S3_6_C12_C12_5" <- 0;
        }
        if true => {
            "SCR_EL3" <- SCR_EL3;
        }
    }
}
