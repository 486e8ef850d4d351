// SPDX-License-Identifier: BSD-2-Clause

//! Runs the commands of the archive's README, with QEMU as the only program on `PATH`.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kaal_harness::console::{self, Block};
use kaal_harness::probe::PASS;
use kaal_harness::qemu;
use kaal_harness::tools::QEMU;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::unpacked::Unpacked;

/// The time limit of a command.
const LIMIT: Duration = Duration::from_secs(60);

/// The time between two checks whether a command has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// The last command of each block boots a probe, whose checks succeed.
pub(crate) fn boot(unpacked: &Unpacked) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let programs = scratch.path().join("programs");
    fs::create_dir(&programs)?;
    symlink(qemu::program(), programs.join(QEMU.name))?;
    let log = scratch.path().join("log");
    let page = unpacked.text("README.md")?;
    let blocks: Vec<_> = console::blocks(&page).collect();
    ensure!(blocks.len() == 2, "two blocks of commands expected");
    for block in blocks {
        let mut printed = String::new();
        for command in commands(block) {
            let outcome = run(unpacked, &programs, &command, &log);
            printed = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
            let status = outcome.with_context(|| format!("$ {command}\n{printed}"))?;
            ensure!(status.success(), "$ {command}\n{printed}\n{status}");
        }
        ensure!(printed.contains(PASS), "no {PASS}:\n{printed}");
    }
    Ok(())
}

/// KaaL's own README shows the commands of the first block.
pub(crate) fn are_shown(unpacked: &Unpacked) -> Result<()> {
    let page = fs::read_to_string(unpacked.checkout.join("README.md"))?;
    let shown: Vec<_> = console::blocks(&page).flat_map(commands).collect();
    let archived = unpacked.text("README.md")?;
    let block = console::blocks(&archived)
        .next()
        .context("no block of commands")?;
    for command in commands(block) {
        ensure!(shown.contains(&command), "README.md lacks $ {command}");
    }
    Ok(())
}

/// Runs a command with `programs` as the only folder of `PATH`, and without other variables.
fn run(unpacked: &Unpacked, programs: &Path, line: &str, log: &Path) -> Result<ExitStatus> {
    let log = File::create(log)?;
    let mut child = Command::new("/bin/sh")
        .args(["-c", line])
        .current_dir(&unpacked.folder)
        .env_clear()
        .env("PATH", programs)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()?;
    let end = Instant::now() + LIMIT;
    while Instant::now() < end {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(PAUSE);
    }
    kill_process_group(Pid::from_child(&child), Signal::KILL)?;
    child.wait()?;
    bail!("not done after {LIMIT:?}");
}

/// The commands of a block.
fn commands(block: Block<'_>) -> Vec<String> {
    let steps = console::steps(block.text).into_iter();
    steps.map(|step| step.command).collect()
}
