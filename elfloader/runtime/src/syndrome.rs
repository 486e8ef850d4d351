// SPDX-License-Identifier: BSD-2-Clause

//! Exceptions in words (Arm ARM DDI 0487, register ESR_ELx).

use core::fmt;

use kaal_payload::{Decimal, Hex, Text};

use crate::words;

/// The value of an ESR_ELx register, shown as its exception class and, for an abort, the reason.
pub(crate) struct Syndrome(pub(crate) u64);

impl fmt::Display for Syndrome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Aborts: classes for which the level that they come from doesn't matter.
        const INSTRUCTION_ABORT: u64 = 0x20;
        const DATA_ABORT: u64 = 0x24;

        let class = match self.0 >> 26 & 0x3f {
            class @ (0x21 | 0x25) => class - 1,
            class => class,
        };
        let words = words!(
            class;
            0x00 => "undefined instruction",
            0x01 => "trapped wait for interrupt or event",
            0x07 => "trapped floating-point instruction",
            0x0e => "illegal execution state",
            0x15 => "supervisor call",
            0x16 => "hypervisor call",
            0x17 => "secure monitor call",
            0x18 => "trapped system register access",
            0x20 => "instruction abort",
            0x22 => "misaligned program counter",
            0x24 => "data abort",
            0x26 => "misaligned stack pointer",
            0x2f => "SError interrupt",
            0x3c => "breakpoint instruction",
        );
        f.write_str(words.unwrap_or("exception"))?;
        match class {
            INSTRUCTION_ABORT | DATA_ABORT => FaultStatus(self.0 & 0x3f).fmt(f),
            _ => Ok(()),
        }
    }
}

/// A fault status code, ESR_ELx.IFSC or .DFSC.
struct FaultStatus(u64);

impl fmt::Display for FaultStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_level = words!(
            self.0 >> 2;
            0 => "address size fault",
            1 => "translation fault",
            2 => "access flag fault",
            3 => "permission fault",
            5 => "nothing answers at a translation table",
        );
        if let Some(words) = of_level {
            return write!(f, " ({}, level {})", Text(words), Decimal(self.0 & 0b11));
        }
        let without_level = words!(
            self.0;
            0x10 => "nothing answers at this address",
            0x21 => "misaligned address",
        );
        match without_level {
            Some(words) => write!(f, " ({})", Text(words)),
            None => write!(f, " (fault status {})", Hex(self.0)),
        }
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
