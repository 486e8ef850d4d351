// SPDX-License-Identifier: BSD-2-Clause

//! Packs an image and boots it.

mod check;
mod options;
mod outcome;
mod project;
mod system;

use anyhow::{Context, Result};
use fs_err as fs;
use kaal_harness::debugger::Debugger;
use kaal_harness::qemu::{self, Input, Report, Stop};
use kaal_harness::sel4::Kernel;
use kaal_harness::tools;
use kaal_harness::workspace::Workspace;

use crate::setup;
use outcome::judge;
use system::{Situation, System};

pub(crate) use options::Options;
pub(crate) use outcome::status;
pub(crate) use project::Project;

/// QEMU waits for a debugger there.
const GDB: &str = "localhost:1234";

/// The file in `target/kaal` with gdb's commands for the last image, where editors find it.
const GDB_SCRIPT: &str = "symbols.gdb";

/// Packs an image and boots it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    boot(workspace, options, false, None)
}

/// Packs an image and boots it; `stop` ends it for the next boot. Builds loader, probe kernels and builder before,
/// unless `programs_are_built`.
pub(crate) fn boot(
    workspace: &Workspace,
    options: &Options,
    programs_are_built: bool,
    stop: Option<Stop>,
) -> Result<()> {
    let version = setup::qemu(workspace)?;
    let kernel = Kernel::from_environment()?;
    options.check(workspace, kernel.as_ref(), version)?;
    // Ctrl-C may leave it behind, for `cargo clean` to remove.
    let scratch = tempfile::tempdir_in(workspace.target())?;
    let situation = Situation {
        version,
        kernel: kernel.as_ref(),
        programs_are_built,
        is_watched: stop.is_some(),
    };
    let mut system = match &options.image {
        Some(image) => System::packed(workspace, options, &situation, image)?,
        None => System::pack(workspace, options, &situation, scratch.path())?,
    };
    system.watch.stop = stop;

    let report = start(workspace, options, &system)?;
    let outcome = judge(&report, &system.watch);
    match system.is_real() || options.app.is_none() {
        true => outcome,
        false => outcome
            .context("SEL4_PREFIX is not set, so --app ran on the probe kernel, which is not seL4"),
    }
}

/// Starts QEMU and follows the boot until its goal is decided.
fn start(workspace: &Workspace, options: &Options, system: &System) -> Result<Report> {
    let mut command = system.command();
    command.args(&options.qemu_arguments);
    match (system.watch.input, &system.watch.expect, options.gdb) {
        (Input::Terminal, None, false) => println!("Ctrl-A X ends QEMU"),
        (Input::Interruptible, None, false) => println!("Ctrl-A X ends QEMU, Ctrl-C all"),
        _ => {}
    }
    if let (true, Some(inputs)) = (options.gdb, &system.inputs) {
        command.args(["-gdb", &format!("tcp:{GDB}"), "-S"]);
        // It is no error if there is no gdb: other debuggers can attach too.
        let gdb = setup::tool(workspace, &tools::GDB).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            tools::GDB.file_names()[0].into()
        });
        let debugger = Debugger::new(workspace, gdb, inputs, &system.image, GDB)?;
        fs::write(workspace.artifacts().join(GDB_SCRIPT), debugger.script())?;
        println!("{debugger}");
    }
    qemu::run(command, &system.watch)
}
