// SPDX-License-Identifier: BSD-2-Clause

//! The root task that `cargo xtask new root-task` makes: it builds and boots, gdb and `explain` find its source.
//! Ignored unless `SEL4_PREFIX` names a kernel.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::tools::GDB;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::command::{debug, folder, lock_log, said, xtask};
use crate::says;
use crate::sel4::printing_trial;

const GREETING: &str = "Hello from my root task";

/// The program, in Cargo's output folder.
const PROGRAM: &str = "aarch64-unknown-none/release/my-root-task";

/// gdb stops in the root task's `main`, not in the loader's, and shows the source.
const TO_MAIN: [&str; 4] = [
    "delete",
    "hbreak main if $pc < 0x1000000",
    "continue",
    "list",
];

/// A fault, in line 14 of the project's `main.rs`.
const CRASH: [&str; 2] = [
    "    sel4::debug_println!(",
    "    unsafe { core::ptr::null_mut::<u8>().write_volatile(1) };\n    sel4::debug_println!(",
];

pub(crate) fn trial(workspace: &Workspace) -> Trial {
    printing_trial(
        workspace,
        "own_root_task::builds_boots_and_is_explained",
        works,
    )
}

fn works(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let project = scratch.path().join("my system");
    let shown = project.to_str().context("a path in UTF-8")?;
    said(
        &mut xtask(workspace, workspace.root(), &["new", "root-task", shown]),
        0,
    )?;
    // The next run finds seL4's crates there.
    let target = workspace.target().join("own-root-task");
    build(&project, kernel, &target)?;
    let program = target.join(PROGRAM);
    let program = program.to_str().context("a path in UTF-8")?;
    let folder = folder(workspace)?;
    let boot = |options: &[&str]| {
        let arguments = [&["qemu", "--app", program], options].concat();
        let mut command = xtask(workspace, folder.path(), &arguments);
        command.env(PREFIX, kernel.prefix());
        command
    };
    says(&said(&mut boot(&["--expect", GREETING]), 0)?, GREETING)?;
    if GDB.find().is_some() {
        let listed = debug(&mut boot(&["--gdb", "--timeout", "60"]), &TO_MAIN)?;
        says(&listed, GREETING)?;
    }

    let main = project.join("root-task/src/main.rs");
    let crashing = fs::read_to_string(&main)?.replace(CRASH[0], CRASH[1]);
    fs::write(main, crashing)?;
    build(&project, kernel, &target)?;
    let _lock = lock_log();
    let crashed = said(&mut boot(&["--expect", GREETING, "--explain"]), 3)?;
    says(&crashed, "src/main.rs:14")
}

/// Builds the project as its `README.md` says.
fn build(project: &Path, kernel: &Kernel, target: &Path) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release"]);
    cargo.current_dir(project.join("root-task"));
    cargo.env("CARGO_TARGET_DIR", target);
    // The project chooses its compiler.
    cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    said(cargo.env(PREFIX, kernel.prefix()), 0).map(drop)
}
