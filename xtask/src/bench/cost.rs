// SPDX-License-Identifier: BSD-2-Clause

//! Measures the time and memory of a program on the host.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::getgid;
use wait4::Wait4;

/// Runs per measurement; odd, so that one run is the median.
const RUNS: usize = 11;

/// The cost of running a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// Processor time in user and kernel mode: the median of all runs.
    pub(super) cpu_microseconds: u64,
    /// The largest resident memory of all runs.
    pub(super) peak_bytes: u64,
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
        let program = command.get_program();
        let usage = Command::new(program)
            .args(command.get_args())
            // Setting a group, even the same one, requires a fork. A process that is spawned without a fork
            // begins with its parent's memory, which counts towards its own peak.
            .gid(getgid().as_raw())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .and_then(|child| child.wait4())
            .with_context(|| format!("failed to run {program:?}"))?;
        let status = usage.status;
        ensure!(status.success(), "{program:?} failed: {status}");
        let time = usage.rusage.utime + usage.rusage.stime;
        Ok(Self {
            cpu_microseconds: u64::try_from(time.as_micros())?,
            peak_bytes: usage.rusage.maxrss,
        })
    }
}
