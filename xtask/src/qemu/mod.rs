// SPDX-License-Identifier: BSD-2-Clause

//! Packs an image and boots it.

mod options;
mod outcome;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use kaal_harness::debugger::Debugger;
use kaal_harness::elf;
use kaal_harness::image::Inputs;
use kaal_harness::probe;
use kaal_harness::qemu::{self, Input, Machine, Report, Stop, Watch};
use kaal_harness::sel4::Kernel;
use kaal_harness::tools;
use kaal_harness::workspace::{Program, Workspace};

use crate::{build, root_task, setup};
use outcome::judge;

pub(crate) use options::Options;
pub(crate) use outcome::status;

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
    if let Some(kernel) = &kernel {
        ensure!(
            !options.hyp,
            "--hyp chooses a probe kernel, but SEL4_PREFIX names a kernel: unset one of them"
        );
        kernel.board()?.check(version)?;
        if options.app.is_none() {
            options.selection.read(workspace, kernel)?;
        }
    } else {
        ensure!(
            options.selection.is_default(),
            "--system and --only choose components of KaaL's root task, but SEL4_PREFIX is not set: set it to a \
             kernel's prefix"
        );
    }
    if !programs_are_built {
        build::programs(workspace)?;
    }
    // Ctrl-C may leave it behind, for `cargo clean` to remove.
    let scratch = tempfile::tempdir_in(workspace.target())?;
    let scratch = scratch.path();
    let (machine, inputs, mut watch) = match &kernel {
        Some(kernel) => sel4(workspace, options, kernel, stop.is_some())?,
        None => probe(workspace, options, scratch)?,
    };
    watch.stop = stop;
    let report = pack_and_run(workspace, options, inputs, &machine, &watch, scratch)?;
    let outcome = judge(&report, &watch);
    match (&kernel, &options.app) {
        (None, Some(_)) => outcome
            .context("SEL4_PREFIX is not set, so --app ran on the probe kernel, which is not seL4"),
        _ => outcome,
    }
}

/// A boot of a real kernel, once or `again` and again.
fn sel4(
    workspace: &Workspace,
    options: &Options,
    kernel: &Kernel,
    again: bool,
) -> Result<(Machine, Inputs, Watch)> {
    // Ctrl-C ends `watch` as a whole, but a single boot gets it as input.
    let (profile, input, keys) = match again {
        true => (root_task::WATCH, Input::Interruptible, ", Ctrl-C all"),
        false => (root_task::RELEASE, Input::Terminal, ""),
    };
    let app = match &options.app {
        Some(app) => app.clone(),
        None => root_task::build(workspace, kernel, profile, &options.selection)?,
    };
    if options.expect.is_none() && !options.gdb {
        println!("Ctrl-A X ends QEMU{keys}");
    }
    let watch = Watch {
        input,
        ..options.watch(None)
    };
    let machine = options.machine(kernel.machine()?);
    Ok((machine, kernel.inputs(workspace, &app), watch))
}

/// A boot of a probe kernel.
fn probe(
    workspace: &Workspace,
    options: &Options,
    scratch: &Path,
) -> Result<(Machine, Inputs, Watch)> {
    let (program, machine) = match options.hyp {
        true => (Program::ProbeHyp, Machine::hypervisor()),
        false => (Program::Probe, Machine::ordinary()),
    };
    let machine = options.machine(machine);
    options.app.as_deref().map(check).transpose()?;
    let task = options.app.clone();
    let task = task.unwrap_or_else(|| workspace.program(Program::ProbeTask));
    let inputs = Inputs::probe_with_task(workspace, program, &task, &machine, scratch)?;
    Ok((machine, inputs, options.watch(Some(probe::PASS))))
}

fn pack_and_run(
    workspace: &Workspace,
    options: &Options,
    mut inputs: Inputs,
    machine: &Machine,
    watch: &Watch,
    scratch: &Path,
) -> Result<Report> {
    inputs.log_level = options.log_level.clone();
    inputs.packing = options.packing(inputs.packing);
    let image = scratch.join("bootimage");
    inputs.pack(workspace, &image)?;
    let mut command = inputs.boot(machine, &image);
    if options.gdb {
        command.args(["-gdb", &format!("tcp:{GDB}"), "-S"]);
        // It is no error if there is no gdb: other debuggers can attach too.
        let gdb = setup::tool(workspace, &tools::GDB).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            tools::GDB.file_names()[0].into()
        });
        let debugger = Debugger::new(workspace, gdb, &inputs, &image, GDB)?;
        fs::write(workspace.artifacts().join(GDB_SCRIPT), debugger.script())?;
        println!("{debugger}");
    }
    command.args(&options.qemu_arguments);
    qemu::run(command, watch)
}

/// Fails if `app` is no program: the builder isn't the first to read it, because the probe kernel gets its checksum.
fn check(app: &Path) -> Result<()> {
    let entry = elf::entry(&fs::read(app)?).map(drop);
    let app = app.display();
    entry.with_context(|| format!("--app {app}: an ELF file with a program for AArch64 expected"))
}
