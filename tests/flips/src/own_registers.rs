// SPDX-License-Identifier: BSD-2-Clause

//! The registers of EL1, which belong to the image and its kernel.

/// An unmapped address.
const NOWHERE: u64 = 0xdead_0000;

/// SCTLR_EL1 after a reset, as far as defined. Translation is off.
const SCTLR_EL1_OFF: u64 = 0x30d0_0800;

macro_rules! registers {
    (
        seen: $($seen:literal = $seen_value:expr),+;
        others: $($other:literal = $other_value:expr),+;
    ) => {
        /// The names of the registers that a kernel could rely on.
        pub(crate) const SEEN: [&str; [$($seen),+].len()] = [$($seen),+];

        /// Their values.
        pub(crate) fn seen() -> [u64; SEEN.len()] {
            [$(read!($seen)),+]
        }

        /// Sets all registers for the start of an image.
        pub(crate) fn reset() {
            $(reset!($seen, $seen_value);)+
            $(reset!($other, $other_value);)+
        }
    };
}

macro_rules! read {
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

/// Writes only registers that have a wrong value, because QEMU takes long to write some.
macro_rules! reset {
    ($name:literal, $value:expr) => {
        let value: u64 = $value;
        if read!($name) != value {
            // SAFETY: EL1 doesn't run, and nothing at EL2 depends on this.
            unsafe {
                core::arch::asm!(
                    concat!("msr ", $name, ", {}"),
                    in(reg) value,
                    options(nomem, nostack, preserves_flags),
                );
            }
        }
    };
}

registers! {
    seen:
        "sctlr_el1" = SCTLR_EL1_OFF,
        "cpacr_el1" = 0,
        "ttbr0_el1" = 0,
        "ttbr1_el1" = 0,
        "tcr_el1" = 0,
        "mair_el1" = 0,
        "amair_el1" = 0,
        "vbar_el1" = NOWHERE,
        "contextidr_el1" = 0,
        "tpidr_el1" = NOWHERE,
        "cntkctl_el1" = 0;
    others:
        "sp_el0" = NOWHERE,
        "sp_el1" = NOWHERE,
        "elr_el1" = NOWHERE,
        "spsr_el1" = 0,
        "esr_el1" = 0,
        "far_el1" = 0,
        "par_el1" = 0,
        "tpidr_el0" = 0,
        "tpidrro_el0" = 0,
        "fpcr" = 0,
        "fpsr" = 0,
        "cntv_ctl_el0" = 0;
}
