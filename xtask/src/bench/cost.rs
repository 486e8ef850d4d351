// SPDX-License-Identifier: BSD-2-Clause

//! What a program takes of the host.
//!
//! A process starts with its parent's memory, which counts towards its own peak. Programs are
//! therefore started by a fresh `cargo xtask cost`, which is small: peaks below its own 4 MiB
//! are told as that.

use std::env;
use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::Args;
use kaal_tests::process;
use wait4::Wait4;

/// How often a program runs to be measured; odd, so that one run is the median.
const RUNS: usize = 11;

/// What running a program takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// Time on processors, in the program and in the kernel for it; the median of some runs.
    pub(super) cpu_microseconds: u64,
    /// The most memory that was resident at a time, in any run.
    pub(super) peak_bytes: u64,
}

/// A program to run and measure once.
#[derive(Args)]
pub(crate) struct Measured {
    /// The program and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Cost {
    /// Measures the program that `command` prepares.
    pub(super) fn of(command: &Command) -> Result<Self> {
        let runs = (0..RUNS).map(|_| Self::of_one_run(command));
        let runs: Vec<Self> = runs.collect::<Result<_>>()?;
        let mut times: Vec<u64> = runs.iter().map(|run| run.cpu_microseconds).collect();
        times.sort_unstable();
        Ok(Self {
            cpu_microseconds: times[RUNS / 2],
            peak_bytes: runs.iter().map(|run| run.peak_bytes).max().unwrap_or(0),
        })
    }

    fn of_one_run(command: &Command) -> Result<Self> {
        let mut measuring = Command::new(env::current_exe()?);
        measuring
            .args(["cost", "--"])
            .arg(command.get_program())
            .args(command.get_args());
        let output = process::read(&mut measuring)?;
        Self::parse(&output).with_context(|| format!("`cost` printed {output:?}"))
    }

    /// Reads what [`Measured::run`] prints.
    fn parse(text: &str) -> Option<Self> {
        let (time, memory) = text.trim().split_once(' ')?;
        Some(Self {
            cpu_microseconds: time.parse().ok()?,
            peak_bytes: memory.parse().ok()?,
        })
    }
}

impl Measured {
    /// Runs the program and prints what it took.
    pub(crate) fn run(&self) -> Result<()> {
        let [program, arguments @ ..] = self.command.as_slice() else {
            bail!("there is no program to run");
        };
        let usage = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .and_then(|child| child.wait4())
            .with_context(|| format!("failed to run {program:?}"))?;
        if !usage.status.success() {
            bail!("{program:?} failed: {}", usage.status);
        }
        let time = usage.rusage.utime + usage.rusage.stime;
        println!("{} {}", time.as_micros(), usage.rusage.maxrss);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Cost;

    #[test]
    fn a_cost_is_two_numbers() {
        let cost = Cost {
            cpu_microseconds: 2500,
            peak_bytes: 4096,
        };
        assert_eq!(Cost::parse("2500 4096\n"), Some(cost));
        assert_eq!(Cost::parse("2500"), None);
    }
}
