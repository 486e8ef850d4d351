// SPDX-License-Identifier: BSD-2-Clause

//! Exceptions in words (Arm ARM DDI 0487, register ESR_ELx).

use core::fmt;

use kaal_payload::{Decimal, Hex};

/// The value of an ESR_ELx register, shown as its exception class and, for an abort, the reason.
pub(crate) struct Syndrome(pub(crate) u64);

impl fmt::Display for Syndrome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.0 >> 26 & 0x3f;
        f.write_str(match class {
            0x00 => "undefined instruction",
            0x01 => "trapped wait for interrupt or event",
            0x07 => "trapped floating-point instruction",
            0x0e => "illegal execution state",
            0x15 => "supervisor call",
            0x16 => "hypervisor call",
            0x17 => "secure monitor call",
            0x18 => "trapped system register access",
            0x20 | 0x21 => "instruction abort",
            0x22 => "misaligned program counter",
            0x24 | 0x25 => "data abort",
            0x26 => "misaligned stack pointer",
            0x2f => "SError interrupt",
            0x3c => "breakpoint instruction",
            _ => "exception",
        })?;
        match class {
            0x20 | 0x21 | 0x24 | 0x25 => FaultStatus(self.0 & 0x3f).fmt(f),
            _ => Ok(()),
        }
    }
}

/// A fault status code, ESR_ELx.IFSC or .DFSC.
struct FaultStatus(u64);

impl fmt::Display for FaultStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.0 {
            0x00..=0x03 => "address size fault",
            0x04..=0x07 => "translation fault",
            0x08..=0x0b => "access flag fault",
            0x0c..=0x0f => "permission fault",
            0x10 => return f.write_str(" (nothing answers at this address)"),
            0x14..=0x17 => "nothing answers at a translation table",
            0x21 => return f.write_str(" (misaligned address)"),
            code => return write!(f, " (fault status {})", Hex(code)),
        };
        f.write_str(" (")?;
        f.write_str(reason)?;
        write!(f, ", level {})", Decimal(self.0 & 0b11))
    }
}

/// The index of an exception vector, shown as where the exception came from (Arm ARM, "Exception
/// vectors").
pub(crate) struct Source(pub(crate) u64);

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0..=7 => "the same exception level",
            _ => "a lower exception level",
        })
    }
}
