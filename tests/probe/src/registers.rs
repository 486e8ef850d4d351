// SPDX-License-Identifier: BSD-2-Clause

//! Registers whose values must be the same on all cores.

use aarch64_cpu::registers::{
    CNTPCT_EL0, CNTVCT_EL0, CNTVOFF_EL2, CPTR_EL2, CurrentEL, DAIF, HCR_EL2, ID_AA64ISAR1_EL1,
    MAIR_EL1, MAIR_EL2, Readable, SCTLR_EL1, SCTLR_EL2, SPSel, TCR_EL1, TCR_EL2, TTBR0_EL1,
    TTBR0_EL2, TTBR1_EL1, VBAR_EL1, VBAR_EL2,
};

use crate::handover::Arguments;
use crate::image;

/// The names of the common registers, in the order of [`Registers`].
const NAMES: [&str; 9] = [
    "x0",
    "x1",
    "x2",
    "x3",
    "x4",
    "x5",
    "CurrentEL",
    "DAIF",
    "SPSel",
];

/// The names of the registers at EL1.
const EL1_NAMES: [&str; 7] = [
    "SCTLR_EL1",
    "TCR_EL1",
    "MAIR_EL1",
    "TTBR0_EL1",
    "TTBR1_EL1",
    "VBAR_EL1",
    "difference of the counters",
];

/// The names of the registers at EL2.
const EL2_NAMES: [&str; 8] = [
    "SCTLR_EL2",
    "TCR_EL2",
    "MAIR_EL2",
    "TTBR0_EL2",
    "VBAR_EL2",
    "HCR_EL2",
    "CPTR_EL2",
    "CNTVOFF_EL2",
];

/// Values of registers.
#[derive(Clone, Copy)]
pub(crate) struct Registers {
    common: [u64; NAMES.len()],
    of_level: [u64; EL2_NAMES.len()],
}

impl Registers {
    pub(crate) const ZERO: Self = Self {
        common: [0; _],
        of_level: [0; _],
    };

    /// The registers of this core, which was entered with `arguments`.
    pub(crate) fn read(arguments: &Arguments) -> Self {
        Self {
            common: [
                arguments.user_start,
                arguments.user_end,
                arguments.pv_offset,
                arguments.user_entry,
                arguments.dtb_start,
                arguments.dtb_size,
                CurrentEL.get(),
                DAIF.get(),
                SPSel.get(),
            ],
            of_level: match image::expected_level() {
                1 => [
                    SCTLR_EL1.get(),
                    TCR_EL1.get(),
                    MAIR_EL1.get(),
                    TTBR0_EL1.get(),
                    TTBR1_EL1.get(),
                    VBAR_EL1.get(),
                    difference_of_counters(),
                    0,
                ],
                _ => [
                    SCTLR_EL2.get(),
                    TCR_EL2.get(),
                    MAIR_EL2.get(),
                    TTBR0_EL2.get(),
                    VBAR_EL2.get(),
                    HCR_EL2.get(),
                    CPTR_EL2.get(),
                    CNTVOFF_EL2.get(),
                ],
            },
        }
    }

    /// The registers that differ from `expected`: name, expected and found value.
    pub(crate) fn unlike(
        &self,
        expected: &Self,
    ) -> impl Iterator<Item = (&'static str, u64, u64)> + Clone {
        let of_level = match image::expected_level() {
            1 => EL1_NAMES.iter(),
            _ => EL2_NAMES.iter(),
        };
        let names = NAMES.iter().chain(of_level).copied();
        let expected = expected.common.into_iter().chain(expected.of_level);
        let found = self.common.into_iter().chain(self.of_level);
        names
            .zip(expected.zip(found))
            .map(|(name, (expected, found))| (name, expected, found))
            .filter(|(_, expected, found)| expected != found)
    }
}

/// The difference of the virtual and the physical counter, 0 if it is less than a moment. EL1 may read the physical
/// counter only if CNTHCTL_EL2 permits it.
pub(crate) fn difference_of_counters() -> u64 {
    CNTPCT_EL0.get().abs_diff(CNTVCT_EL0.get()) >> 24
}

/// Whether the processor has PACGA, by one of the two algorithms in ID_AA64ISAR1_EL1.
pub(crate) fn has_pacga() -> bool {
    ID_AA64ISAR1_EL1.read(ID_AA64ISAR1_EL1::GPA) != 0
        || ID_AA64ISAR1_EL1.read(ID_AA64ISAR1_EL1::GPI) != 0
}

/// HCR_EL2.APK and API, which are RES0 without pointer authentication.
pub(crate) fn hcr_el2_without_pointer_traps() -> u64 {
    match has_pacga() {
        true => 0b11 << 40,
        false => 0,
    }
}
