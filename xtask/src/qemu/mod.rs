// SPDX-License-Identifier: BSD-2-Clause

//! Packs an image and boots it.

mod options;
mod outcome;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use kaal_harness::debugger::Debugger;
use kaal_harness::elf;
use kaal_harness::image::Inputs;
use kaal_harness::probe;
use kaal_harness::qemu::{self, Input, Machine, Report, Stop, Watch};
use kaal_harness::sel4::{self, Kernel};
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
    let mut app = options.app.clone();
    if let Some(kernel) = &kernel {
        ensure!(
            !options.hyp,
            "--hyp chooses a probe kernel, but {} names a kernel: unset one of them",
            sel4::PREFIX
        );
        kernel.board()?.check(version)?;
        if app.is_none() {
            let profile = stop
                .as_ref()
                .map_or(root_task::RELEASE, |_| root_task::WATCH);
            app = Some(root_task::build(workspace, kernel, profile)?);
        }
    }
    if !programs_are_built {
        build::programs(workspace)?;
    }
    // Ctrl-C may leave it behind, for `cargo clean` to remove.
    let scratch = tempfile::tempdir_in(workspace.target())?;
    let boot = Boot {
        workspace,
        options,
        stop,
        scratch: scratch.path(),
    };
    match (&kernel, app) {
        (Some(kernel), Some(app)) => boot.sel4(kernel, &app),
        (_, app) => boot.probe(app.as_deref()),
    }
}

/// A boot.
struct Boot<'a> {
    workspace: &'a Workspace,
    options: &'a Options,
    stop: Option<Stop>,
    scratch: &'a Path,
}

impl Boot<'_> {
    fn sel4(self, kernel: &Kernel, app: &Path) -> Result<()> {
        let machine = self.options.machine(kernel.machine()?);
        let inputs = kernel.inputs(self.workspace, app);
        // Ctrl-C ends `watch` as a whole, but a single boot gets it as input.
        let (input, keys) = match self.stop {
            Some(_) => (Input::Interruptible, "Ctrl-A X ends QEMU, Ctrl-C all"),
            None => (Input::Terminal, "Ctrl-A X ends QEMU"),
        };
        if self.options.expect.is_none() && !self.options.gdb {
            println!("{keys}");
        }
        let watch = Watch {
            input,
            stop: self.stop.clone(),
            ..self.options.watch(None)
        };
        let report = self.run(inputs, &machine, &watch)?;
        judge(&report, &watch)
    }

    fn probe(self, app: Option<&Path>) -> Result<()> {
        let (program, machine) = match self.options.hyp {
            true => (Program::ProbeHyp, Machine::hypervisor()),
            false => (Program::Probe, Machine::ordinary()),
        };
        let machine = self.options.machine(machine);
        if let Some(app) = app {
            check(app)?;
        }
        let task = self.workspace.program(Program::ProbeTask);
        let task = app.unwrap_or(&task);
        let inputs =
            Inputs::probe_with_task(self.workspace, program, task, &machine, self.scratch)?;
        let watch = Watch {
            stop: self.stop.clone(),
            ..self.options.watch(Some(probe::PASS))
        };
        let report = self.run(inputs, &machine, &watch)?;
        let outcome = judge(&report, &watch);
        match app {
            Some(_) => outcome.with_context(|| {
                let prefix = sel4::PREFIX;
                format!("{prefix} is not set, so --app ran on the probe kernel, which is not seL4")
            }),
            None => outcome,
        }
    }

    fn run(&self, mut inputs: Inputs, machine: &Machine, watch: &Watch) -> Result<Report> {
        inputs.log_level = self.options.log_level.clone();
        inputs.packing = self.options.packing(inputs.packing);
        let image = self.scratch.join("bootimage");
        inputs.pack(self.workspace, &image)?;
        let mut command = inputs.boot(machine, &image);
        if self.options.gdb {
            command.args(["-gdb", &format!("tcp:{GDB}"), "-S"]);
            let debugger = Debugger::new(self.workspace, self.gdb(), &inputs, &image, GDB)?;
            let script = self.workspace.artifacts().join(GDB_SCRIPT);
            fs::write(&script, debugger.script())?;
            println!("{debugger}");
        }
        command.args(&self.options.qemu_arguments);
        qemu::run(command, watch)
    }

    /// The installed gdb. It is no error if there is none: other debuggers can attach too.
    fn gdb(&self) -> PathBuf {
        setup::tool(self.workspace, &tools::GDB).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            tools::GDB.file_names()[0].into()
        })
    }
}

/// Fails if `app` is no program: the builder isn't the first to read it, because the probe kernel gets its checksum.
fn check(app: &Path) -> Result<()> {
    let program = fs::read(app)?;
    elf::entry(&program).map(drop).with_context(|| {
        format!(
            "--app {}: an ELF file with a program for AArch64 expected",
            app.display()
        )
    })
}
