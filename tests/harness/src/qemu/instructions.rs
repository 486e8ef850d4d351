// SPDX-License-Identifier: BSD-2-Clause

//! Counts guest instructions, which tell the cost of a boot without the host's noise.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::Path;
use std::process::{ChildStderr, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Machine, Version};

/// The first release with the new name of the option for one instruction per block.
const RENAMED: Version = Version { major: 8, minor: 1 };

/// More than any boot takes. It ends a guest that has lost its way.
const LIMIT: u64 = 100_000_000;

/// The number of instructions that all cores of a machine execute from reset, each until it executes
/// the one at the virtual address `stop`. This includes instructions of cores that wait for others.
///
/// # Errors
///
/// Fails if QEMU can't be started, or ends before `stop`.
pub fn instructions_until(stop: u64, machine: &Machine, image: &Path) -> Result<u64> {
    follow(machine.booting(image), Logged::Addresses, &[], |log| {
        count_until(stop, machine.cores, log)
    })
}

/// The content of the log for each instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logged {
    /// A line that [`Entry::parse`] reads.
    Addresses,
    /// That line, followed by lines with the core's registers before the instruction.
    Registers,
}

impl Logged {
    /// Value of `-d`.
    fn items(self) -> &'static str {
        match self {
            Self::Addresses => "exec,nochain",
            Self::Registers => "exec,cpu,nochain",
        }
    }
}

/// Runs QEMU until `read` has read enough of the log of the guest's instructions. If `only` has ranges,
/// the log only has instructions in these.
///
/// QEMU logs each block of instructions that it executes. With one instruction per block, each line
/// of the log is an instruction. One thread runs all cores in turns, and a core that waits for an
/// event ends its turn. With a thread for each, the host would decide how long a core waits.
pub(crate) fn follow<T>(
    mut command: Command,
    logged: Logged,
    only: &[Range<u64>],
    read: impl FnOnce(BufReader<ChildStderr>) -> Result<T>,
) -> Result<T> {
    match Version::query()? < RENAMED {
        true => command.args(["-accel", "tcg,thread=single", "-singlestep"]),
        false => command.args(["-accel", "tcg,thread=single,one-insn-per-tb=on"]),
    };
    if !only.is_empty() {
        let ranges = only.iter();
        let ranges = ranges.map(|range| format!("{:#x}..{:#x}", range.start, range.end - 1));
        command.args(["-dfilter", &ranges.collect::<Vec<_>>().join(",")]);
    }
    let mut qemu = command
        .args(["-d", logged.items(), "-serial", "null"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("failed to start QEMU")?;
    let log = qemu.stderr.take().context("QEMU has no error output")?;
    let outcome = read(BufReader::new(log));
    qemu.kill().context("failed to end QEMU")?;
    qemu.wait().context("failed to end QEMU")?;
    outcome
}

fn count_until(stop: u64, cores: u32, log: impl BufRead) -> Result<u64> {
    let mut count = 0;
    let mut arrived = BTreeSet::new();
    let mut last = 0;
    for line in log.lines() {
        match Entry::parse(&line?) {
            Some(Entry::Executed { core, address }) => {
                last = core;
                if address == stop {
                    arrived.insert(core);
                }
                if !arrived.contains(&core) {
                    count += 1;
                }
            }
            Some(Entry::Interrupted) if !arrived.contains(&last) => {
                count = u64::saturating_sub(count, 1);
            }
            Some(Entry::Interrupted) | None => {}
        }
        if arrived.len() == cores as usize {
            return Ok(count);
        }
        if count > LIMIT {
            bail!("{stop:#x} was not reached within {LIMIT} instructions");
        }
    }
    bail!("QEMU ended after {count} instructions, before it reached {stop:#x}");
}

/// A line of QEMU's log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A core executes the instruction at an address.
    Executed { core: u32, address: u64 },
    /// The instruction of the previous line was not executed after all. The log repeats it.
    Interrupted,
}

impl Entry {
    /// Reads `Trace 0: 0x7f… [00000400/0000000060000000/00000013/ff000000] symbol`.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        if line.starts_with("Stopped execution of TB chain before") {
            return Some(Self::Interrupted);
        }
        let (core, rest) = line.strip_prefix("Trace ")?.split_once(':')?;
        let address = rest.split_once('[')?.1.split('/').nth(1)?;
        Some(Self::Executed {
            core: core.parse().ok()?,
            address: u64::from_str_radix(address, 16).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, count_until};

    const LOG: &str = "\
Trace 0: 0x7f0000000100 [00000400/0000000060000000/00000013/ff000000] _start
Trace 0: 0x7f0000000200 [00000400/0000000060000004/00000013/ff000000] _start
Stopped execution of TB chain before 0x7f0000000200 [0000000060000004] _start
Trace 0: 0x7f0000000200 [00000400/0000000060000004/00000013/ff000000] _start
Trace 0: 0x7f0000000300 [00000400/ffffff8040000000/00000013/ff000000] kernel
";

    const KERNEL: u64 = 0xffff_ff80_4000_0000;

    #[test]
    fn counts_what_is_executed() {
        assert_eq!(count_until(KERNEL, 1, LOG.as_bytes()).unwrap(), 2);
    }

    #[test]
    fn counts_what_each_core_executes_on_its_way() {
        let other = LOG.replace("Trace 0", "Trace 1");
        let log = [LOG, &other, LOG].concat();
        assert_eq!(count_until(KERNEL, 2, log.as_bytes()).unwrap(), 4);
        assert!(count_until(KERNEL, 3, log.as_bytes()).is_err());
    }

    #[test]
    fn an_address_that_is_not_reached_is_an_error() {
        let error = count_until(4, 1, LOG.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("before it reached 0x4"), "{error}");
    }

    #[test]
    fn other_lines_are_no_entries() {
        assert_eq!(Entry::parse("warning: nothing"), None);
    }
}
