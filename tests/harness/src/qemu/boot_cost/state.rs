// SPDX-License-Identifier: BSD-2-Clause

//! Finds the state of the caches in each segment.

use std::collections::HashMap;
use std::io::BufRead;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::segment::Segment;
use crate::qemu::{self, Entry, Logged};

/// The general-purpose registers.
const REGISTERS: usize = 31;

/// Bits of SCTLR_ELx (Arm ARM, D24.2).
const M: u64 = 1 << 0;
const C: u64 = 1 << 2;
const I: u64 = 1 << 12;

/// A core before the first instruction of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    pub(super) level: usize,
    pub(super) registers: [u64; REGISTERS],
}

/// SCTLR_ELx for each x. All caches are off at the start.
#[derive(Debug, Default)]
pub(super) struct Core {
    sctlr: [u64; 4],
}

/// Whether each cache is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caches {
    pub(super) data: bool,
    pub(super) instructions: bool,
}

impl Core {
    /// The caches in `segment`, which begins with the state `snapshot`.
    pub(super) fn enter(&mut self, segment: &Segment, snapshot: &Snapshot) -> Caches {
        if let Some(write) = segment.write
            && let Some(sctlr) = self.sctlr.get_mut(write.level)
        {
            *sctlr = snapshot.registers.get(write.register).copied().unwrap_or(0);
        }
        // EL0 has the register of EL1.
        let level = snapshot.level.max(1);
        let sctlr = self.sctlr.get(level).copied().unwrap_or(0);
        Caches {
            data: sctlr & (M | C) == M | C,
            instructions: sctlr & I != 0,
        }
    }
}

impl Snapshot {
    /// The state at the start of each segment of `boot`.
    pub(super) fn of_each(segments: &[Segment], boot: Command) -> Result<Vec<Self>> {
        let mut starts: Vec<_> = segments.iter().map(|segment| segment.address).collect();
        starts.sort_unstable();
        starts.dedup();
        let only: Vec<_> = starts.iter().map(|&start| start..start + 4).collect();
        qemu::follow(boot, Logged::Registers, &only, |log| {
            Self::read(segments, log)
        })
    }

    fn read(segments: &[Segment], log: impl BufRead) -> Result<Vec<Self>> {
        let mut snapshots = Vec::new();
        let mut executions: HashMap<u64, u64> = HashMap::new();
        let mut last = 0;
        let mut registers = [0; REGISTERS];
        let mut lines = log.lines();
        while let Some(next) = segments.get(snapshots.len()) {
            let Some(line) = lines.next() else {
                bail!("QEMU's log ended before {:#x}", next.address);
            };
            let line = line?;
            match Entry::parse(&line) {
                Some(Entry::Executed { address, .. }) => {
                    last = address;
                    *executions.entry(address).or_default() += 1;
                }
                Some(Entry::Interrupted) => {
                    let count = executions.entry(last).or_default();
                    *count = count.saturating_sub(1);
                }
                None => {}
            }
            for (number, value) in qemu::registers(&line) {
                if let Some(register) = registers.get_mut(number) {
                    *register = value;
                }
            }
            let is_start =
                || (last, executions.get(&last)) == (next.address, Some(&next.execution));
            if let Some(level) = qemu::level(&line)
                && is_start()
            {
                snapshots.push(Self {
                    level: number(level).with_context(|| format!("unknown level {level:?}"))?,
                    registers,
                });
            }
        }
        Ok(snapshots)
    }
}

/// Reads the number in `EL2h`.
fn number(level: &str) -> Option<usize> {
    let digits = level.strip_prefix("EL")?.trim_end_matches(['h', 't']);
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{REGISTERS, Segment, Snapshot};

    const LOG: &str = "\
Trace 0: 0x7f0000000100 [00000400/0000000040000000/00000013/ff000000]
 PC=0000000040000000 X00=0000000000000001 X01=0000000000000000
PSTATE=400003cd -Z-- EL3h
Trace 0: 0x7f0000000200 [00000400/0000000040000008/00000013/ff000000]
 PC=0000000040000008 X00=0000000000000002 X01=0000000000000000
PSTATE=400003cd -Z-- EL3h
Stopped execution of TB chain before 0x7f0000000200 [0000000040000008]
Trace 0: 0x7f0000000200 [00000400/0000000040000008/00000013/ff000000]
 PC=0000000040000008 X00=0000000000000003 X01=0000000000000000
PSTATE=400003cd -Z-- EL3h
Trace 0: 0x7f0000000200 [00000400/0000000040000008/00000013/ff000000]
 PC=0000000040000008 X00=0000000000000004 X01=0000000000000000
PSTATE=400003c9 -Z-- EL2h
";

    fn read(execution: u64) -> anyhow::Result<Vec<Snapshot>> {
        let starts = ["40000000 1".to_owned(), format!("40000008 {execution}")];
        let segments =
            starts.map(|start| Segment::parse(&format!("segment {start} - 0 0 0")).unwrap());
        Snapshot::read(&segments, LOG.as_bytes())
    }

    #[test]
    fn a_segment_has_the_state_of_its_execution() {
        let snapshot = |level, first| {
            let mut registers = [0; REGISTERS];
            registers[0] = first;
            Snapshot { level, registers }
        };
        assert_eq!(read(1).unwrap(), [snapshot(3, 1), snapshot(3, 2)]);
        assert_eq!(read(2).unwrap(), [snapshot(3, 1), snapshot(2, 4)]);
    }

    #[test]
    fn a_log_without_the_start_is_an_error() {
        let error = read(3).unwrap_err().to_string();
        assert_eq!(error, "QEMU's log ended before 0x40000008");
    }
}
