// SPDX-License-Identifier: BSD-2-Clause

//! Packs an image and boots it.

mod check;
mod devices;
mod explain;
mod firmware;
mod gdb;
mod options;
mod outcome;
mod project;
mod secure_boot;
mod situation;
mod start;
mod system;

use std::io::{self, IsTerminal};

use anyhow::{Context, Result, ensure};
use kaal_harness::qemu::{self, Input, Report, Stop};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;

use crate::{interrupt, progress, setup};
use gdb::Place;
use outcome::judge;
use situation::Situation;
use start::{Launcher, Start};
use system::System;

pub(crate) use options::Options;
pub(crate) use outcome::status;
pub(crate) use project::Project;
pub(crate) use situation::Occasion;

/// Packs an image and boots it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let stop = Stop::default();
    let asked = stop.clone();
    interrupt::handle(move || asked.ask())?;
    let booted = boot(workspace, options, Occasion::Single, stop.clone());
    ensure!(booted.is_err() || !stop.is_asked(), "ended by a signal");
    booted
}

/// Packs an image and boots it. `stop` ends it.
pub(crate) fn boot(
    workspace: &Workspace,
    options: &Options,
    occasion: Occasion,
    stop: Stop,
) -> Result<()> {
    let version = setup::qemu(workspace)?;
    let kernel = Kernel::from_environment()?;
    options.check(workspace, kernel.as_ref(), version)?;
    let launcher = Launcher::find(workspace, &options.firmware)?;
    let debugger = options.gdb.then(|| Place::new(options.gdb_port));
    let debugger = debugger.transpose()?;
    let scratch = tempfile::tempdir_in(workspace.target())?;
    let situation = Situation {
        version,
        kernel: kernel.as_ref(),
        occasion,
        launcher: launcher.as_ref(),
        scratch: scratch.path(),
    };
    let mut system = match &options.image {
        Some(image) => System::packed(workspace, options, &situation, image)?,
        None => System::pack(workspace, options, &situation)?,
    };
    system.watch.stop = Some(stop);

    let report = start(workspace, options, &system, debugger.as_ref())?;
    system.start.as_ref().map_or(Ok(()), Start::confirm)?;
    if explain::is_needed(&report) {
        let at_once = options.explain || io::stdout().is_terminal();
        explain::explain(workspace, &system, &report.console, at_once)?;
    }
    let outcome = judge(&report, &system.watch);
    match system.is_real() || options.app.is_none() {
        true => outcome,
        false => outcome
            .context("SEL4_PREFIX is not set, so --app ran on the probe kernel, which is not seL4"),
    }
}

/// Starts QEMU and follows the boot until its goal is decided.
fn start(
    workspace: &Workspace,
    options: &Options,
    system: &System,
    debugger: Option<&Place>,
) -> Result<Report> {
    let mut command = system.command();
    command.args(&options.qemu_arguments);
    match (system.watch.input, &system.watch.expect, options.gdb) {
        (Input::Terminal, None, false) => println!("Ctrl-A X ends QEMU"),
        (Input::Interruptible, None, false) => println!("Ctrl-A X ends QEMU, Ctrl-C all"),
        _ => {}
    }
    progress::built();
    match (debugger, &system.inputs) {
        (Some(place), Some(inputs)) => {
            let debugger = place.debugger(workspace, inputs, &system.image)?;
            place.run(command, &system.watch, &debugger)
        }
        _ => qemu::run(command, &system.watch),
    }
}
