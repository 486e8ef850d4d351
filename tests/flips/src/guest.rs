// SPDX-License-Identifier: BSD-2-Clause

//! The state of the processor for an image, and the switch to it.

use crate::entry::enter;

/// The value of general registers that firmware doesn't set.
const PATTERN: u64 = 0xe7e7_e7e7_e7e7_e7e7;

/// SPSR_EL2: EL1 with SP_EL1, all interrupts masked.
pub(crate) const EL1H_MASKED: u64 = 0b1111 << 6 | 0b0101;

/// The registers that are loaded when the image resumes, and stored when it is interrupted.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Guest {
    /// x0 to x30
    pub(crate) general: [u64; 31],
    /// Address of the next instruction.
    pub(crate) address: u64,
    /// PSTATE, as in SPSR_EL2.
    pub(crate) state: u64,
    _padding: u64,
    /// q0 to q31
    pub(crate) vectors: [u128; 32],
}

/// The exception vector that interrupted the image (Arm ARM DDI 0487, "Exception vectors").
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vector(u64);

impl Vector {
    /// A synchronous exception, from AArch64.
    pub(crate) const SYNCHRONOUS: Self = Self(8);

    /// An interrupt, from AArch64 and AArch32.
    pub(crate) const INTERRUPT: Self = Self(9);
    pub(crate) const INTERRUPT_32: Self = Self(13);
}

impl Guest {
    /// A processor as firmware hands it to an image: x0 is 0, and undefined registers hold useless values.
    pub(crate) fn at(entry: u64) -> Self {
        let mut general = [PATTERN; 31];
        general[0] = 0;
        Self {
            general,
            address: entry,
            state: EL1H_MASKED,
            _padding: 0,
            vectors: [u128::from(PATTERN) << 64 | u128::from(PATTERN); _],
        }
    }

    /// Resumes the image until it is interrupted.
    pub(crate) fn go_on(&mut self) -> Vector {
        // SAFETY: the image accesses only the memory that the second stage of translation maps.
        Vector(unsafe { enter(self) })
    }
}
