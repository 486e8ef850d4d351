// SPDX-License-Identifier: BSD-2-Clause

//! What a program takes of the host.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wait4::Wait4;

/// How often a program runs to be measured; odd, so that one run is the median.
const RUNS: usize = 11;

/// What running a program takes.
pub(super) struct Cost {
    /// Time on processors, in the program and in the kernel for it; the median of some runs.
    pub(super) cpu_microseconds: u64,
    /// The most memory that was resident at a time, in any run. It can't be less than what this
    /// process has resident, since that is what a process starts as.
    pub(super) peak_bytes: u64,
}

impl Cost {
    /// Measures the program that `command` prepares.
    pub(super) fn of(command: impl Fn() -> Command) -> Result<Self> {
        let mut times = Vec::new();
        let mut peak_bytes = 0;
        for _ in 0..RUNS {
            let mut command = command();
            let usage = command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .and_then(|child| child.wait4())
                .with_context(|| format!("failed to run {command:?}"))?;
            if !usage.status.success() {
                bail!("{command:?} failed: {}", usage.status);
            }
            times.push(usage.rusage.utime + usage.rusage.stime);
            peak_bytes = peak_bytes.max(usage.rusage.maxrss);
        }
        times.sort();
        let median: Duration = times[RUNS / 2];
        Ok(Self {
            cpu_microseconds: median.as_micros().try_into()?,
            peak_bytes,
        })
    }
}
