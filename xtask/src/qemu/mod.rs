// SPDX-License-Identifier: BSD-2-Clause

//! Packs an image and boots it.

mod options;
mod outcome;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use kaal_harness::debugger::Debugger;
use kaal_harness::elf;
use kaal_harness::image::Inputs;
use kaal_harness::probe;
use kaal_harness::qemu::{self, Input, Machine, Report, Stop, Watch};
use kaal_harness::sel4::{self, Kernel};
use kaal_harness::tools;
use kaal_harness::workspace::{Program, Workspace};

use crate::root_task::{self, Profile};
use crate::{build, setup};
use outcome::judge;

pub(crate) use options::Options;
pub(crate) use outcome::status;

/// Where QEMU waits for a debugger.
const GDB: &str = "localhost:1234";

/// The file among the programs that has gdb's commands for the last image, where editors find it.
const GDB_SCRIPT: &str = "symbols.gdb";

/// Packs what `options` ask for and boots it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    boot(workspace, options, Manner::default())
}

/// How a boot is gone about.
#[derive(Debug)]
pub(crate) struct Manner {
    /// How KaaL's own root task is compiled.
    pub(crate) profile: Profile,
    /// Whether loader, probe kernels and builder are as they should be already.
    pub(crate) programs_are_built: bool,
    /// What ends it from outside.
    pub(crate) stop: Option<Stop>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            profile: Profile::Release,
            programs_are_built: false,
            stop: None,
        }
    }
}

/// Packs what `options` ask for and boots it.
pub(crate) fn boot(workspace: &Workspace, options: &Options, manner: Manner) -> Result<()> {
    let version = setup::qemu(workspace)?;
    let kernel = Kernel::from_environment()?;
    let sel4 = match &kernel {
        Some(_) if options.hyp => bail!(
            "--hyp chooses among the probe kernels, but {} names a kernel",
            sel4::PREFIX
        ),
        Some(kernel) => {
            kernel.board()?.check(version)?;
            let app = match options.app() {
                Some(app) => app.to_owned(),
                None => root_task::build(workspace, kernel, manner.profile)?,
            };
            Some((kernel, app))
        }
        None => None,
    };
    if !manner.programs_are_built {
        build::programs(workspace)?;
    }
    // Ctrl-C may leave it behind, for `cargo clean` to remove.
    let scratch = tempfile::tempdir_in(workspace.target())
        .with_context(|| format!("failed to write to {}", workspace.target().display()))?;
    let boot = Boot {
        workspace,
        options,
        stop: manner.stop,
        scratch: scratch.path(),
    };
    match sel4 {
        Some((kernel, app)) => boot.sel4(kernel, &app),
        None => boot.probe(),
    }
}

/// A boot under way.
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
        // What boots again and again is ended as a whole; a single boot gets Ctrl-C itself.
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

    fn probe(self) -> Result<()> {
        let (program, machine) = match self.options.hyp {
            true => (Program::ProbeHyp, Machine::hypervisor()),
            false => (Program::Probe, Machine::ordinary()),
        };
        let machine = self.options.machine(machine);
        let task = match self.options.app() {
            Some(app) => checked(app)?,
            None => self.workspace.program(Program::ProbeTask),
        };
        let inputs =
            Inputs::probe_with_task(self.workspace, program, &task, &machine, self.scratch)?;
        let watch = Watch {
            stop: self.stop.clone(),
            ..self.options.watch(Some(probe::PASS))
        };
        let report = self.run(inputs, &machine, &watch)?;
        let outcome = judge(&report, &watch);
        match self.options.app() {
            Some(_) => outcome.with_context(|| {
                format!(
                    "{} names no kernel, so --app met the probe kernel, which is not seL4",
                    sel4::PREFIX
                )
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
            fs::write(&script, debugger.script())
                .with_context(|| format!("failed to write {}", script.display()))?;
            println!("{debugger}");
        }
        command.args(&self.options.qemu_arguments);
        qemu::run(command, watch)
    }

    /// The gdb that is there. Another debugger can be attached as well, so that it is no error if there is none.
    fn gdb(&self) -> PathBuf {
        setup::tool(self.workspace, &tools::GDB).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            tools::GDB.file_names()[0].into()
        })
    }
}

/// The user's program, if it is one: the probe kernel is told what is in it, so the builder is not the
/// first to read it.
fn checked(app: &Path) -> Result<PathBuf> {
    fs::read(app)
        .map_err(Into::into)
        .and_then(|program| elf::entry(&program))
        .with_context(|| {
            format!(
                "--app {}: a program for AArch64, an ELF file, expected",
                app.display()
            )
        })?;
    Ok(app.to_owned())
}
