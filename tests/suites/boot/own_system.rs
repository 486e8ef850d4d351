// SPDX-License-Identifier: BSD-2-Clause

//! The project that `cargo xtask new system` makes: its test passes, its commands work in its folder, and failures name
//! lines of its components. Ignored unless `SEL4_PREFIX` names a kernel.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::command::{lock_log, said, xtask};
use crate::says;
use crate::sel4::{is_for_board, kernel_trial};

/// The lock file of the template.
const LOCK: &str = "nix/template-system/Cargo.lock";

/// The component that calls the other one.
const VISITOR: &str = "components/visitor/src/main.rs";

/// Its call, in line 20, and a fault before it.
const CRASH: [&str; 2] = [
    "let visits = ",
    "unsafe { core::ptr::null_mut::<u8>().write_volatile(1) }; let visits = ",
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // Its list is for the virt machine.
    match is_for_board() {
        true => Vec::new(),
        false => vec![kernel_trial(
            workspace,
            "own_system::is_tested_changed_and_explained",
            works,
        )],
    }
}

fn works(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    // The next run finds seL4's crates there.
    let target = workspace.root().join("target/own-system");
    let project = new_project(workspace, scratch.path(), &target)?;
    let tested = said(cargo(&project, kernel).arg("test"), 0)?;
    says(&tested, "visitors_are_greeted ... ok")?;
    let lock = fs::read_to_string(workspace.root().join(LOCK))?;
    let found = fs::read_to_string(project.join("Cargo.lock"))?;
    ensure!(found == lock, "Cargo changes {LOCK} to:\n{found}");

    let visitor = project.join(VISITOR);
    let crashing = fs::read_to_string(&visitor)?.replace(CRASH[0], CRASH[1]);
    fs::write(
        &visitor,
        crashing.replace("#![forbid(unsafe_code)]\n", "\n"),
    )?;
    let mut boot = cargo(&project, kernel);
    boot.args([
        "xtask",
        "qemu",
        "--explain",
        "--expect",
        "visitor: given up",
    ]);
    let _lock = lock_log();
    says(&said(&mut boot, 0)?, &format!("{VISITOR}:20"))
}

/// A new project in `folder`, where Cargo builds in `target`.
pub(crate) fn new_project(workspace: &Workspace, folder: &Path, target: &Path) -> Result<PathBuf> {
    let project = folder.join("my system");
    let shown = project.to_str().context("a path in UTF-8")?;
    let new = ["new", "system", shown];
    said(&mut xtask(workspace, workspace.root(), &new), 0)?;
    fs::create_dir_all(target)?;
    symlink(target, project.join("target"))?;
    Ok(project)
}

/// Cargo in the project, as a user starts it.
pub(crate) fn cargo(project: &Path, kernel: &Kernel) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project).env(PREFIX, kernel.prefix());
    for variable in ["CARGO", "CARGO_TARGET_DIR", "RUSTUP_TOOLCHAIN"] {
        cargo.env_remove(variable);
    }
    cargo
}
