// SPDX-License-Identifier: BSD-2-Clause

//! Registers that seL4 relies on and doesn't set, on each core. At EL1, a register of EL2 or EL3 with a wrong value shows
//! by a trap to a level without vectors, so the boot hangs.
//!
//! Source: Arm Architecture Reference Manual, DDI 0487, the descriptions of the registers.

use core::arch::asm;

use crate::image;

/// A register: its name, the expected and the found value.
pub(crate) type Setting = (&'static str, u64, u64);

macro_rules! read {
    ($register:literal) => {{
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

/// A list of registers, each with its encoding, its expected value and a mask of what is compared. `None` if the
/// processor lacks it.
macro_rules! settings {
    ($(if $exists:expr => { $($name:literal, $encoding:literal, $expected:expr, $mask:expr;)+ })+) => {
        [$($($exists.then(|| ($name, $expected, read!($encoding) & $mask)),)+)+]
    };
}

/// MIDR_EL1.Architecture: the ID registers say what the processor has.
const ARCHITECTURE: u64 = 0xf << 16;

/// MDCR_EL2 without HPMN, the number of counters for EL1.
const ALL_BUT_HPMN: u64 = !0x1f;

fn has_pmu() -> bool {
    (1..15).contains(&field!("id_aa64dfr0_el1", 8))
}

fn has_amu() -> bool {
    field!("id_aa64pfr0_el1", 44) > 0
}

fn has_gic_registers() -> bool {
    field!("id_aa64pfr0_el1", 24) > 0
}

fn has_nmi() -> bool {
    field!("id_aa64pfr1_el1", 36) > 0
}

/// The settings of this core. Also accesses registers that EL2 or EL3 could trap.
pub(crate) fn all() -> impl Iterator<Item = Setting> {
    access();
    let of_level = (image::expected_level() == 2).then(of_el2);
    let all = common().into_iter().chain(of_level.into_iter().flatten());
    all.flatten()
}

/// The number of settings of this core that are wrong.
pub(crate) fn count_wrong() -> usize {
    all()
        .filter(|(_, expected, found)| expected != found)
        .count()
}

/// Registers that programs at EL0 or the kernel use, whatever the kernel's level.
fn common() -> [Option<Setting>; 5] {
    settings! {
        if true => {
            "MDSCR_EL1", "mdscr_el1", 0, !0;
            "MIDR_EL1.Architecture", "midr_el1", ARCHITECTURE, ARCHITECTURE;
        }
        if has_pmu() => { "PMUSERENR_EL0", "pmuserenr_el0", 0, !0; }
        if has_amu() => { "AMUSERENR_EL0", "S3_3_C13_C2_3", 0, !0; }
        if field!("id_aa64mmfr1_el1", 16) > 0 => { "LORC_EL1", "S3_0_C10_C4_3", 0, !0; }
    }
}

/// Registers of EL2, which a hypervisor kernel leaves to its guests.
fn of_el2() -> [Option<Setting>; 19] {
    settings! {
        if true => {
            "HSTR_EL2", "hstr_el2", 0, !0;
            "VTTBR_EL2", "vttbr_el2", 0, !0;
            "MDCR_EL2", "mdcr_el2", 0, ALL_BUT_HPMN;
            "CNTHCTL_EL2", "cnthctl_el2", 0b11, !(0b11 << 10);
            "VPIDR_EL2", "vpidr_el2", read!("midr_el1"), !0;
            "VMPIDR_EL2", "vmpidr_el2", read!("mpidr_el1"), !0;
        }
        if has_gic_registers() => { "ICH_HCR_EL2", "S3_4_C12_C11_0", 0, !0; }
        if field!("id_aa64mmfr0_el1", 56) > 0 => {
            "HFGRTR_EL2", "S3_4_C1_C1_4", 0, !0;
            "HFGWTR_EL2", "S3_4_C1_C1_5", 0, !0;
            "HFGITR_EL2", "S3_4_C1_C1_6", 0, !0;
            "HDFGRTR_EL2", "S3_4_C3_C1_4", 0, !0;
            "HDFGWTR_EL2", "S3_4_C3_C1_5", 0, !0;
        }
        if field!("id_aa64mmfr0_el1", 56) > 0 && has_amu() => { "HAFGRTR_EL2", "S3_4_C3_C1_6", 0, !0; }
        if field!("id_aa64mmfr0_el1", 56) > 1 => {
            "HFGRTR2_EL2", "S3_4_C3_C1_2", 0, !0;
            "HFGWTR2_EL2", "S3_4_C3_C1_3", 0, !0;
            "HFGITR2_EL2", "S3_4_C3_C1_7", 0, !0;
            "HDFGRTR2_EL2", "S3_4_C3_C1_0", 0, !0;
            "HDFGWTR2_EL2", "S3_4_C3_C1_1", 0, !0;
        }
        if field!("id_aa64mmfr1_el1", 40) > 0 => { "HCRX_EL2", "S3_4_C1_C2_2", 0, !0; }
    }
}

/// Accesses registers that EL2 or EL3 could trap. The probe accesses others anyway.
fn access() {
    // SAFETY: reads, and writes of what was read or of what is so already.
    unsafe {
        // CPTR_EL2.TCPAC, HCR_EL2.TACR, TID1 and TID2, MDCR_EL2.TDOSA, HFGRTR_EL2
        asm!(
            "mrs {0}, cpacr_el1",
            "mrs {0}, actlr_el1",
            "mrs {0}, aidr_el1",
            "mrs {0}, ctr_el0",
            "mrs {0}, clidr_el1",
            "mrs {0}, oslsr_el1",
            out(reg) _,
            options(nostack)
        );
        // HCR_EL2.TVM, MDCR_EL2.TDA, HFGWTR_EL2, HDFGWTR_EL2
        asm!(
            "mrs {0}, amair_el1",
            "msr amair_el1, {0}",
            "mrs {0}, mdscr_el1",
            "msr mdscr_el1, {0}",
            out(reg) _,
            options(nostack)
        );
        // HCR_EL2.TPU, HFGITR_EL2
        asm!("ic iallu", "dsb ish", "isb", options(nostack));
        if has_pmu() {
            asm!("mrs {0}, pmcr_el0", "mrs {0}, pmccntr_el0", out(reg) _, options(nostack));
        }
        if has_gic_registers() {
            // ICC_SRE_EL1, ICC_PMR_EL1 and ICC_IGRPEN1_EL1
            asm!(
                "mrs {0}, S3_0_C12_C12_5",
                "mrs {0}, S3_0_C4_C6_0",
                "msr S3_0_C4_C6_0, {0}",
                "mrs {0}, S3_0_C12_C12_7",
                out(reg) _,
                options(nostack)
            );
        }
        // HCRX_EL2.TALLINT: ALLINT
        if has_nmi() {
            asm!("msr S3_0_C4_C3_0, xzr", options(nostack));
        }
    }
}
