// SPDX-License-Identifier: BSD-2-Clause

//! The processor as an image sees it, and going to and fro.

use crate::entry::enter;

/// What general registers hold that a firmware doesn't set.
const PATTERN: u64 = 0xe7e7_e7e7_e7e7_e7e7;

/// SPSR_EL2: EL1 with its own stack pointer, everything masked.
pub(crate) const EL1H_MASKED: u64 = 0b1111 << 6 | 0b0101;

/// Registers that are loaded when the image goes on, and stored when it is interrupted.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Guest {
    /// x0 to x30
    pub(crate) general: [u64; 31],
    /// The address that it goes on at.
    pub(crate) address: u64,
    /// PSTATE, as SPSR_EL2 holds it.
    pub(crate) state: u64,
    _padding: u64,
    /// q0 to q31
    pub(crate) vectors: [u128; 32],
}

/// What interrupted the image, by the exception vector (Arm ARM DDI 0487, "Exception vectors").
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
    /// A processor that a firmware enters an image with: nothing in x0, and what is not defined is
    /// nothing useful.
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

    /// Lets the image go on until it is interrupted.
    pub(crate) fn go_on(&mut self) -> Vector {
        // SAFETY: the image accesses no memory but what the second stage of translation maps.
        Vector(unsafe { enter(self) })
    }
}
