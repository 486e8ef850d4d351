// SPDX-License-Identifier: BSD-2-Clause

//! Reads what the plugin prints.

/// A part of a boot with one exception level and one value of each SCTLR_ELx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// The address of its first instruction.
    pub(super) address: u64,
    /// How often that one had been executed, including this time.
    pub(super) execution: u64,
    /// The write to a SCTLR_ELx by the last instruction before.
    pub(super) write: Option<Write>,
    pub(super) counts: Counts,
}

/// `msr sctlr_elLEVEL, xREGISTER`; register 31 is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Write {
    pub(super) level: usize,
    pub(super) register: usize,
}

/// The counts of a segment, whether caches are on or off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) instructions: u64,
    pub(super) accesses: u64,
    pub(super) lines: u64,
}

impl Segment {
    /// Reads `segment 0000000040000008 1 el2=x0 520 33 12`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("segment ")?.split(' ');
        let address = u64::from_str_radix(words.next()?, 16).ok()?;
        let execution = words.next()?.parse().ok()?;
        let write = match words.next()? {
            "-" => None,
            write => Some(Write::parse(write)?),
        };
        let mut count = || words.next()?.parse().ok();
        let counts = Counts {
            instructions: count()?,
            accesses: count()?,
            lines: count()?,
        };
        Some(Self {
            address,
            execution,
            write,
            counts,
        })
    }
}

impl Write {
    /// Reads `el2=x0`.
    fn parse(text: &str) -> Option<Self> {
        let (level, register) = text.split_once('=')?;
        Some(Self {
            level: level.strip_prefix("el")?.parse().ok()?,
            register: register.strip_prefix('x')?.parse().ok()?,
        })
    }
}
