// SPDX-License-Identifier: BSD-2-Clause

//! A signal to `cargo xtask qemu` or `watch` leaves neither QEMU nor the files of the boot.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kaal_harness::process;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;
use rustix::process::{Pid, test_kill_process};

use crate::command::{folder, xtask};
use crate::trial;
use crate::watch::Watch;

/// The time limit for QEMU's start; Cargo may have to compile before.
const LIMIT: Duration = Duration::from_secs(300);

/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// The name of the image that QEMU boots.
const IMAGE: &str = "/bootimage";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    ["qemu", "watch"]
        .map(|command| {
            let name = format!("interrupt::{command}_leaves_nothing");
            trial(workspace, &name, move |workspace| {
                leaves_nothing(workspace, command)
            })
        })
        .into()
}

fn leaves_nothing(workspace: &Workspace, command: &str) -> Result<()> {
    let folder = folder(workspace)?;
    let file = folder.path().join("pid");
    // The guest stands still, so only the signal ends it.
    let arguments = [command, "--", "-S", "-pidfile"];
    let mut command = xtask(workspace, folder.path(), &arguments);
    let mut watch = Watch::start(command.arg(&file))?;
    let qemu = started(&file)?;
    let image = image_of(qemu)?;
    ensure!(image.exists(), "{}: missing", image.display());
    watch.terminate()?;
    ensure!(test_kill_process(qemu).is_err(), "QEMU still runs");
    ensure!(!image.exists(), "{}: left behind", image.display());
    Ok(())
}

/// Waits until QEMU has written its process number to `file`.
fn started(file: &Path) -> Result<Pid> {
    let deadline = Instant::now() + LIMIT;
    while Instant::now() < deadline {
        let number = fs::read_to_string(file).unwrap_or_default();
        if let Some(qemu) = number.trim().parse().ok().and_then(Pid::from_raw) {
            return Ok(qemu);
        }
        thread::sleep(PAUSE);
    }
    bail!("QEMU doesn't start")
}

/// The image that `qemu` boots.
fn image_of(qemu: Pid) -> Result<PathBuf> {
    let number = qemu.as_raw_nonzero().to_string();
    let arguments = match fs::read_to_string(format!("/proc/{number}/cmdline")) {
        Ok(arguments) => arguments.replace('\0', " "),
        // Systems without `/proc` have `ps`; a small Linux may lack it.
        Err(_) => process::read(Command::new("ps").args(["-ww", "-o", "args=", "-p", &number]))?,
    };
    let before = arguments
        .split_once(IMAGE)
        .context("QEMU boots no image")?
        .0;
    let (_, folder) = before.rsplit_once(" /").context("a path expected")?;
    Ok(PathBuf::from(format!("/{folder}{IMAGE}")))
}
