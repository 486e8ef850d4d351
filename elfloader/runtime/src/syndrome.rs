// SPDX-License-Identifier: BSD-2-Clause

//! Describes exceptions (Arm ARM DDI 0487, register ESR_ELx).

use core::fmt;

use kaal_payload::{Decimal, Hex};

use crate::words::{Meaning, meaning};

/// Exception classes, ESR_ELx.EC.
const CLASSES: &[u8] = b"\
    \x00undefined instruction\n\
    \x01trapped wait for interrupt or event\n\
    \x07trapped floating-point instruction\n\
    \x0eillegal execution state\n\
    \x15supervisor call\n\
    \x16hypervisor call\n\
    \x17secure monitor call\n\
    \x18trapped system register access\n\
    \x20instruction abort\n\
    \x21instruction abort\n\
    \x22misaligned program counter\n\
    \x24data abort\n\
    \x25data abort\n\
    \x26misaligned stack pointer\n\
    \x2fSError interrupt\n\
    \x3cbreakpoint instruction";

/// Fault status codes, ESR_ELx.IFSC or .DFSC, without a level of translation.
const FAULTS: &[u8] = b"\
    \x10nothing answers at this address\n\
    \x21misaligned address";

/// Fault status codes whose low two bits are a level.
const FAULTS_AT_LEVELS: &[u8] = b"\
    \x00address size fault\n\
    \x04translation fault\n\
    \x08access flag fault\n\
    \x0cpermission fault\n\
    \x14nothing answers at a translation table";

/// The value of an ESR_ELx register. Prints the exception class and, for an abort, the reason.
pub(crate) struct Syndrome(pub(crate) u64);

impl fmt::Display for Syndrome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.0 >> 26 & 0x3f;
        let meaning_of_class = meaning(CLASSES, class).unwrap_or(Meaning(b"exception"));
        meaning_of_class.fmt(f)?;
        if !matches!(class, 0x20 | 0x21 | 0x24 | 0x25) {
            return Ok(());
        }
        let status = self.0 & 0x3f;
        let level = status & 0b11;
        if let Some(reason) = meaning(FAULTS, status) {
            write!(f, " ({reason})")
        } else if let Some(reason) = meaning(FAULTS_AT_LEVELS, status - level) {
            write!(f, " ({reason}, level {})", Decimal(level))
        } else {
            write!(f, " (fault status {})", Hex(status))
        }
    }
}
