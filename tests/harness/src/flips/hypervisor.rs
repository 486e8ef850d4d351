// SPDX-License-Identifier: BSD-2-Clause

//! Runs the hypervisor on QEMU.

use std::fs;
use std::num::NonZeroU64;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use kaal_flips::{DONE, FAILED, FILE_ADDRESS, FLIP, JOB_ADDRESS, Job, Outcome, RAM_SIZE};
use zerocopy::IntoBytes;

use super::Flip;
use crate::qemu::{self, End, Machine, Watch};
use crate::threads::in_threads;
use crate::workspace::{Program, Workspace};

/// The time limit. All bits of a package take long on a slow host; this only ends a hang.
const LIMIT: Duration = Duration::from_secs(6 * 60 * 60);

/// Flips the bits of `job` in `file`, in `workers` processes. Returns all flips except those with the outcome
/// [`Outcome::Named`].
pub(super) fn flip(
    workspace: &Workspace,
    scratch: &Path,
    file: &[u8],
    job: &Job,
    workers: NonZeroU64,
) -> Result<Vec<Flip>> {
    let shares = in_threads(workers, |worker| {
        let job = share(job, worker, workers.get());
        let folder = scratch.join(worker.to_string());
        let contents = [(FILE_ADDRESS, file), (JOB_ADDRESS, job.as_bytes())];
        let console = run(workspace, &folder, &contents)?;
        let lines = console.lines();
        lines
            .filter_map(|line| line.strip_prefix(FLIP))
            .map(|line| parse(line).with_context(|| format!("no flip: {line:?}")))
            .collect::<Result<Vec<_>>>()
    })?;
    let mut flips = shares.concat();
    flips.sort_by_key(|flip| flip.bit);
    Ok(flips)
}

/// Every `count`th bit of a job, beginning with the `index`th.
fn share(job: &Job, index: u64, count: u64) -> Job {
    let mut job = *job;
    for sweep in &mut job.sweeps {
        sweep.bits.start += index * sweep.step;
        sweep.step *= count;
    }
    job
}

/// Runs the hypervisor with `contents` in memory, by their addresses. Returns what it printed. Uses files in
/// `folder`.
pub(crate) fn run(
    workspace: &Workspace,
    folder: &Path,
    contents: &[(u64, &[u8])],
) -> Result<String> {
    fs::create_dir_all(folder)?;
    let machine = Machine {
        machine: "virt,virtualization=on".to_owned(),
        memory: format!("{}M", RAM_SIZE >> 20),
        ..Machine::ordinary()
    };
    let mut command = machine.command();
    command
        // QEMU derives the time from the number of instructions, so each run has the same result.
        .args(["-accel", "tcg,thread=single"])
        .args(["-icount", "shift=0,sleep=off"])
        .arg("-kernel")
        .arg(workspace.program(Program::Flips));
    for (address, content) in contents {
        let file = folder.join(format!("{address:x}"));
        fs::write(&file, content)?;
        let file = file.display().to_string().replace(',', ",,");
        let device = format!("loader,file={file},addr={address:#x},force-raw=on");
        command.args(["-device", &device]);
    }
    let watch = Watch {
        expect: Some(DONE.to_owned()),
        limit: Some(LIMIT),
        ..Watch::default()
    };
    let report = qemu::run(command, &watch)?;
    if report.end != End::Expected || report.console.contains(FAILED) {
        let lines = report.console.lines();
        let others: Vec<_> = lines.filter(|line| !line.starts_with(FLIP)).collect();
        bail!(
            "the hypervisor ended with {:?}:\n{}\n{}",
            report.end,
            others.join("\n"),
            report.messages
        );
    }
    Ok(report.console)
}

/// Reads the rest of a line behind [`FLIP`].
fn parse(line: &str) -> Option<Flip> {
    let (place, rest) = line.split_once(' ')?;
    let (offset, bit) = place.split_once('.')?;
    let (word, detail) = rest.split_once(' ').unwrap_or((rest, ""));
    Some(Flip {
        bit: u64::from_str_radix(offset, 16).ok()? * 8 + bit.parse::<u64>().ok()?,
        outcome: Outcome::ALL
            .into_iter()
            .find(|outcome| outcome.word() == word)?,
        detail: detail.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use kaal_flips::Outcome;

    use super::parse;

    #[test]
    fn lines_of_the_hypervisor_are_read() {
        let flip = parse("1a2b.3 silent rests at 0x48202594").unwrap();
        assert_eq!(flip.bit, 0x1a2b * 8 + 3);
        assert_eq!(flip.outcome, Outcome::Silent);
        assert_eq!(flip.detail, "rests at 0x48202594");
        assert_eq!(parse("0.7 not-loaded").unwrap().outcome, Outcome::NotLoaded);
        assert_eq!(parse("0.7 unknown"), None);
        assert_eq!(parse("0.7"), None);
    }
}
