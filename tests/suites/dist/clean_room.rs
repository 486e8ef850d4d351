// SPDX-License-Identifier: BSD-2-Clause

//! Runs the commands of the archive's README on a bare Debian with QEMU, without Rust and Nix.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use kaal_harness::probe::PASS;
use kaal_harness::process;

use crate::unpacked::Unpacked;

/// Whether this machine can make a clean room.
pub(crate) fn can_be_made(checkout: &Path) -> bool {
    process::read(clean_room(checkout).arg("true")).is_ok()
}

/// Both blocks of commands boot a probe.
pub(crate) fn boot(unpacked: &Unpacked) -> Result<()> {
    let folder = unpacked.folder.display();
    let mut command = clean_room(&unpacked.checkout);
    command
        .args(["--without-rust", "--install", "qemu-system-arm"])
        .arg("--show")
        .arg(&unpacked.folder)
        .arg("--page")
        .arg(unpacked.folder.join("README.md"))
        .arg("! command -v cargo rustc nix")
        .arg(format!("cp -r '{folder}'/. ."));
    let printed = process::read(&mut command)?;
    let passes = printed.lines().filter(|line| line.contains(PASS)).count();
    ensure!(passes == 2, "{PASS} expected twice, found:\n{printed}");
    Ok(())
}

fn clean_room(checkout: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(checkout).args(["xtask", "clean-room"]);
    command
}
