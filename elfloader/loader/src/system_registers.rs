// SPDX-License-Identifier: BSD-2-Clause

//! The registers that the loader sets on its way down, row by row: register, value and reason. seL4 relies on them, and
//! sets few of them itself.
//!
//! Firmware may have left anything in them, and most are UNKNOWN after a reset. A wrong one may trap to a level that the
//! loader has left, where the core hangs in silence. Not every processor has all of them, so groups have conditions: a
//! field of an ID register has one of these values.
//!
//! In the registers of fine-grained traps, bits with a name that begins with `n` trap if they are 0. They guard features
//! that also need EL1's permission, and seL4 neither uses them nor permits them to EL0.
//!
//! `cargo xtask book` makes a table of the rows. Source: Arm Architecture Reference Manual, DDI 0487, the descriptions
//! of the registers.

use kaal_runtime::entry::vectors;
use kaal_runtime::registers::{
    CPACR_EL1_FPEN, CPTR_EL2_EITHER, CPTR_EL2_FPEN, CPTR_EL2_RES1, HCR_EL2_E2H, HCR_EL2_OWN,
    HCR_EL2_RW, SCTLR_EL1_OFF, SCTLR_EL2_OFF,
};
use kaal_runtime::{read_register, write_register};

/// SCR_EL3.NS, SMD, HCE, RW, APK, API, FGTEn, HXEn and FGTEn2. Bits 4 and 5 are RES1.
const SCR_EL3_OPEN: u64 =
    1 << 0 | 0b11 << 4 | 1 << 7 | 1 << 8 | 1 << 10 | 0b11 << 16 | 1 << 27 | 1 << 38 | 1 << 59;

/// HCR_EL2.RW, APK and API.
const HCR_EL2_OPEN: u64 = HCR_EL2_RW | 0b11 << 40;

/// ICC_SRE_ELx.SRE, DFB, DIB and Enable (GIC architecture specification, IHI 0069).
const ICC_SRE: u64 = 0b1111;

/// CNTHCTL_EL2.EL1PCTEN and EL1PCEN, at both of their places: HCR_EL2.E2H moves them.
const CNTHCTL_EL2_OPEN: u64 = 0b11 | 0b11 << 10;

/// MDCR_EL2.HPMN, the number of event counters for EL1.
const MDCR_EL2_HPMN: u64 = 0x1f;

macro_rules! encoding {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $encoding:ident) => {
        stringify!($encoding)
    };
}

macro_rules! holds {
    ((always)) => {
        true
    };
    (($($feature:ident: $register:ident $(= $encoding:ident)? [$high:literal, $low:literal] in $values:pat),+)) => {
        $(matches!(
            read_register!(encoding!($register $($encoding)?)) >> $low & ((2 << ($high - $low)) - 1),
            $values
        ))&&+
    };
}

macro_rules! set {
    ($register:expr, 0) => {
        core::arch::asm!(
            concat!("msr ", $register, ", xzr"),
            options(nostack, preserves_flags)
        )
    };
    ($register:expr, $value:tt) => {
        write_register!($register, $value)
    };
}

/// Makes a function of each group of rows. The assembler doesn't know the names of all registers; it gets the encoding
/// behind the name of such a one.
macro_rules! rows {
    ($(
        $(#[doc = $moment:literal])+
        $group:ident {$(
            $condition:tt => {$(
                $(#[doc = $reason:literal])+
                $register:ident $(= $encoding:ident)? <- $value:tt;
            )+}
        )+}
    )+) => {$(
        $(#[doc = $moment])+
        ///
        /// # Safety
        ///
        /// Must be called at the exception level in the name or above it. No software there may need the old values.
        pub(crate) unsafe fn $group() {$(
            if holds!($condition) {$(
                // SAFETY: the processor has the register, and the caller vouches for the rest.
                unsafe { set!(encoding!($register $($encoding)?), $value) };
            )+}
        )+}
    )+};
}

rows! {
    /// At EL3.
    el3 {
        (always) => {
            /// Lower levels are non-secure (NS) and AArch64 (RW). HVC is enabled (HCE), SMC is not (SMD), because no
            /// firmware at EL3 would answer. Pointer authentication (APK, API) and EL2's accesses to the registers of
            /// fine-grained traps (FGTEn, HXEn, FGTEn2) don't trap
            SCR_EL3 <- SCR_EL3_OPEN;
            /// Debug registers and performance counters don't trap
            MDCR_EL3 <- 0;
        }
        (GIC: ID_AA64PFR0_EL1[27, 24] in 1..=15) => {
            /// The interrupt controller's registers are on, for lower levels too
            ICC_SRE_EL3 = S3_6_C12_C12_5 <- ICC_SRE;
        }
    }

    /// At EL3, if the processor has EL2.
    el2_from_el3 {
        (always) => {
            /// Translation is off, the instruction cache is on
            SCTLR_EL2 <- SCTLR_EL2_OFF;
            /// SErrors are taken at EL2 (AMO), until it is set as below
            HCR_EL2 <- HCR_EL2_OWN;
            /// Floating-point instructions don't trap
            CPTR_EL2 <- CPTR_EL2_EITHER;
            /// The loader's vectors
            VBAR_EL2 <- (vectors as *const () as u64);
        }
    }

    /// At EL2.
    el2 {
        (always) => {
            /// EL1 is AArch64 (RW), and pointer authentication doesn't trap (APK, API). EL1 can't forbid PACGA to EL0
            HCR_EL2 <- HCR_EL2_OPEN;
            /// Floating-point instructions don't trap
            CPTR_EL2 <- (cptr_el2());
            /// Instructions of AArch32 don't trap
            HSTR_EL2 <- 0;
            /// There is no second stage of translation, and no identifier of a guest in TLB entries
            VTTBR_EL2 <- 0;
            /// Debug registers and performance counters don't trap. EL1 keeps its number of counters (HPMN)
            MDCR_EL2 <- (read_register!("mdcr_el2") & MDCR_EL2_HPMN);
            /// EL1 may use the physical counter and timer
            CNTHCTL_EL2 <- CNTHCTL_EL2_OPEN;
            /// The virtual counter is the physical one
            CNTVOFF_EL2 <- 0;
            /// EL1 reads the processor's own identification
            VPIDR_EL2 <- (read_register!("midr_el1"));
            /// EL1 reads the core's own affinity
            VMPIDR_EL2 <- (read_register!("mpidr_el1"));
        }
        (GIC: ID_AA64PFR0_EL1[27, 24] in 1..=15) => {
            /// The interrupt controller's registers are on, for EL1 too
            ICC_SRE_EL2 = S3_4_C12_C9_5 <- ICC_SRE;
        }
        (FEAT_FGT: ID_AA64MMFR0_EL1[59, 56] in 1..=15) => {
            /// Reads of registers by EL1 don't trap
            HFGRTR_EL2 = S3_4_C1_C1_4 <- 0;
            /// Writes of registers by EL1 don't trap
            HFGWTR_EL2 = S3_4_C1_C1_5 <- 0;
            /// Instructions of EL1, such as those for caches, don't trap
            HFGITR_EL2 = S3_4_C1_C1_6 <- 0;
            /// Reads of debug registers by EL1 don't trap
            HDFGRTR_EL2 = S3_4_C3_C1_4 <- 0;
            /// Writes of debug registers by EL1 don't trap
            HDFGWTR_EL2 = S3_4_C3_C1_5 <- 0;
        }
        (FEAT_FGT: ID_AA64MMFR0_EL1[59, 56] in 1..=15, FEAT_AMUv1: ID_AA64PFR0_EL1[47, 44] in 1..=15) => {
            /// Reads of activity monitors don't trap
            HAFGRTR_EL2 = S3_4_C3_C1_6 <- 0;
        }
        (FEAT_FGT2: ID_AA64MMFR0_EL1[59, 56] in 2..=15) => {
            /// As HFGRTR_EL2
            HFGRTR2_EL2 = S3_4_C3_C1_2 <- 0;
            /// As HFGWTR_EL2
            HFGWTR2_EL2 = S3_4_C3_C1_3 <- 0;
            /// As HFGITR_EL2
            HFGITR2_EL2 = S3_4_C3_C1_7 <- 0;
            /// As HDFGRTR_EL2
            HDFGRTR2_EL2 = S3_4_C3_C1_0 <- 0;
            /// As HDFGWTR_EL2
            HDFGWTR2_EL2 = S3_4_C3_C1_1 <- 0;
        }
        (FEAT_HCX: ID_AA64MMFR1_EL1[43, 40] in 1..=15) => {
            /// No trap of a newer feature is on
            HCRX_EL2 = S3_4_C1_C2_2 <- 0;
        }
        (FEAT_LOR: ID_AA64MMFR1_EL1[19, 16] in 1..=15) => {
            /// There are no regions of limited ordering
            LORC_EL1 = S3_0_C10_C4_3 <- 0;
        }
    }

    /// At EL2, after the others have taken effect.
    el2_interrupts {
        (GIC: ID_AA64PFR0_EL1[27, 24] in 1..=15, SRE: ICC_SRE_EL2 = S3_4_C12_C9_5[0, 0] in 1) => {
            /// EL1's accesses to the interrupt controller's registers don't trap. The register exists only if EL3 lets
            /// ICC_SRE_EL2.SRE be 1
            ICH_HCR_EL2 = S3_4_C12_C11_0 <- 0;
        }
    }

    /// Above EL1, for a kernel at EL1.
    el1 {
        (always) => {
            /// Translation is off, the instruction cache is on
            SCTLR_EL1 <- SCTLR_EL1_OFF;
            /// Floating-point instructions don't trap
            CPACR_EL1 <- CPACR_EL1_FPEN;
            /// The loader's vectors
            VBAR_EL1 <- (vectors as *const () as u64);
        }
    }

    /// At the kernel's exception level.
    el1_or_el2 {
        (always) => {
            /// A debugger's single step (SS) would end the user image's first instruction
            MDSCR_EL1 <- 0;
        }
        (FEAT_PMUv3: ID_AA64DFR0_EL1[11, 8] in 1..=14) => {
            /// EL0 can't use performance counters unless the kernel permits it
            PMUSERENR_EL0 <- 0;
        }
        (FEAT_AMUv1: ID_AA64PFR0_EL1[47, 44] in 1..=15) => {
            /// EL0 can't use activity monitors unless the kernel permits it
            AMUSERENR_EL0 = S3_3_C13_C2_3 <- 0;
        }
    }
}

/// CPTR_EL2 by the layout that HCR_EL2 selects.
fn cptr_el2() -> u64 {
    match read_register!("hcr_el2") & HCR_EL2_E2H {
        0 => CPTR_EL2_RES1,
        _ => CPTR_EL2_FPEN,
    }
}
