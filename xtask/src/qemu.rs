// SPDX-License-Identifier: BSD-2-Clause

//! Packs an image and boots it.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Error, Result, bail};
use clap::Args;
use kaal_tests::debugger::Debugger;
use kaal_tests::image::Inputs;
use kaal_tests::probe;
use kaal_tests::qemu::{self, End, Input, Machine, Report, Stop, Watch};
use kaal_tests::sel4::{self, Kernel};
use kaal_tests::workspace::{Program, Workspace};

use crate::root_task::{self, Profile};
use crate::{build, setup};

/// The time that the probe kernel, which takes less than a second, is given.
const PROBE_LIMIT: u64 = 60;

/// Where QEMU waits for a debugger.
const GDB: &str = "localhost:1234";

/// The file among the programs that has gdb's commands for the last image, where editors find it.
const GDB_SCRIPT: &str = "symbols.gdb";

/// What scripts want to know.
const STATUSES: &str = "\
Exit status: 0 if the console showed what was waited for, or QEMU ended well where nothing was; 3 if the boot failed, \
as the console says; 4 if time was over; 5 if QEMU ended; 1 for any other error; 2 if the command line is wrong";

/// What to boot, and where.
#[derive(Args)]
#[command(after_help = STATUSES)]
pub(crate) struct Options {
    /// Root task to boot [default: KaaL's own with SEL4_PREFIX, else the probe kernel's task]
    #[arg(long, value_name = "FILE")]
    app: Option<PathBuf>,
    /// Boot the probe kernel for EL2; with SEL4_PREFIX, the kernel itself decides
    #[arg(long)]
    hyp: bool,
    /// QEMU's machine [default: that of the kernel's platform, or virt]
    #[arg(long, value_name = "MACHINE")]
    machine: Option<String>,
    /// QEMU's processor [default: that of the machine]
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,
    /// QEMU's memory size [default: that of the machine; 1G for virt]
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,
    /// The image's format: elf, raw, uimage or image [default: what the board boots]
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// How the image stores content: none or lz4 [default: none]
    #[arg(long, value_name = "METHOD")]
    compress: Option<String>,
    /// Where QEMU loads a uimage
    #[arg(long, value_name = "ADDRESS")]
    load_address: Option<String>,
    /// QEMU's number of cores [default: as many as the kernel waits for; 1 for the probe kernel, which
    /// waits for all]
    #[arg(long, value_name = "NUMBER")]
    cores: Option<u32>,
    /// How much the loader says
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// Wait for a debugger before the first instruction, and print how gdb is started
    #[arg(long)]
    gdb: bool,
    /// End after this time [default: 60 for the probe kernel]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// End well as soon as the console shows this text
    #[arg(long, value_name = "TEXT")]
    expect: Option<String>,
    /// Write what the console shows to this file
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// More arguments for QEMU
    #[arg(last = true, value_name = "QEMU-ARGS")]
    qemu_arguments: Vec<OsString>,
}

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
    let version = setup::qemu()?;
    let kernel = Kernel::from_environment()?;
    let sel4 = match &kernel {
        Some(_) if options.hyp => bail!(
            "--hyp chooses among the probe kernels, but {} names a kernel",
            sel4::PREFIX
        ),
        Some(kernel) => {
            kernel.board()?.check(version)?;
            Some((
                kernel,
                options.root_task(workspace, kernel, manner.profile)?,
            ))
        }
        None => None,
    };
    if !manner.programs_are_built {
        build::programs(workspace)?;
    }
    let stop = manner.stop;
    let scratch = tempfile::tempdir()?;
    match sel4 {
        Some((kernel, app)) => boot_sel4(workspace, options, kernel, &app, stop, scratch.path()),
        None => boot_probe(workspace, options, stop, scratch.path()),
    }
}

fn boot_sel4(
    workspace: &Workspace,
    options: &Options,
    kernel: &Kernel,
    app: &Path,
    stop: Option<Stop>,
    scratch: &Path,
) -> Result<()> {
    let machine = options.machine(kernel.machine()?);
    let inputs = kernel.inputs(workspace, app);
    // What boots again and again is ended as a whole; a single boot gets Ctrl-C itself.
    let (input, keys) = match stop {
        Some(_) => (Input::Interruptible, "Ctrl-A X ends QEMU, Ctrl-C all"),
        None => (Input::Terminal, "Ctrl-A X ends QEMU"),
    };
    if options.expect.is_none() && !options.gdb {
        println!("{keys}");
    }
    let watch = Watch {
        input,
        stop,
        ..options.watch(None, None)
    };
    let report = options.boot(workspace, inputs, &machine, &watch, scratch)?;
    judge(&report, &watch)
}

fn boot_probe(
    workspace: &Workspace,
    options: &Options,
    stop: Option<Stop>,
    scratch: &Path,
) -> Result<()> {
    let (program, machine) = match options.hyp {
        true => (Program::ProbeHyp, Machine::hypervisor()),
        false => (Program::Probe, Machine::ordinary()),
    };
    let machine = options.machine(machine);
    let task = match &options.app {
        Some(app) => app.clone(),
        None => workspace.program(Program::ProbeTask),
    };
    let inputs = Inputs::probe_with_task(workspace, program, &task, &machine, scratch)?;
    let watch = Watch {
        stop,
        ..options.watch(Some(probe::PASS), Some(PROBE_LIMIT))
    };
    let report = options.boot(workspace, inputs, &machine, &watch, scratch)?;
    judge(&report, &watch)
}

impl Options {
    /// The root task that the user has built.
    pub(crate) fn app(&self) -> Option<&Path> {
        self.app.as_deref()
    }

    /// The root task for a real kernel; KaaL's own is built.
    fn root_task(
        &self,
        workspace: &Workspace,
        kernel: &Kernel,
        profile: Profile,
    ) -> Result<PathBuf> {
        match &self.app {
            Some(app) => Ok(app.clone()),
            None => root_task::build(workspace, kernel, profile),
        }
    }

    /// `default`, as far as the user asks for nothing else.
    fn machine(&self, default: Machine) -> Machine {
        Machine {
            machine: self.machine.clone().unwrap_or(default.machine),
            cpu: self.cpu.clone().unwrap_or(default.cpu),
            memory: self.memory.clone().unwrap_or(default.memory),
            cores: self.cores.unwrap_or(default.cores),
            ..default
        }
    }

    /// The builder's options for the image's format, which is `packing`'s unless another is given.
    fn packing(&self, mut packing: Vec<String>) -> Vec<String> {
        if self.format.is_some() {
            packing.clear();
        }
        let options = [
            ("--format", &self.format),
            ("--compress", &self.compress),
            ("--load-address", &self.load_address),
        ];
        let given = options
            .into_iter()
            .filter_map(|(flag, value)| Some([flag.to_owned(), value.clone()?]));
        packing.extend(given.flatten());
        packing
    }

    fn watch(&self, expect: Option<&str>, limit: Option<u64>) -> Watch {
        // A debugger's user takes as long as it takes.
        let limit = limit.filter(|_| !self.gdb);
        Watch {
            expect: self.expect.clone().or(expect.map(str::to_owned)),
            limit: self.timeout.or(limit).map(Duration::from_secs),
            show: true,
            log: self.log.clone(),
            ..Watch::default()
        }
    }

    fn boot(
        &self,
        workspace: &Workspace,
        mut inputs: Inputs,
        machine: &Machine,
        watch: &Watch,
        scratch: &Path,
    ) -> Result<Report> {
        inputs.log_level = self.log_level.clone();
        inputs.packing = self.packing(inputs.packing);
        let image = scratch.join("bootimage");
        inputs.pack(workspace, &image)?;
        let mut command = inputs.boot(machine, &image);
        if self.gdb {
            command.args(["-gdb", &format!("tcp:{GDB}"), "-S"]);
            let debugger = Debugger::new(workspace, &inputs, &image, GDB)?;
            let script = workspace.artifacts().join(GDB_SCRIPT);
            fs::write(&script, debugger.script())
                .with_context(|| format!("failed to write {}", script.display()))?;
            println!("{debugger}");
        }
        command.args(&self.qemu_arguments);
        qemu::run(command, watch)
    }
}

/// A boot that did not come to what was waited for.
#[derive(Debug)]
struct Unmet {
    end: End,
    message: String,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unmet {}

/// The status to end with for `error`.
pub(crate) fn status(error: &Error) -> u8 {
    match error.downcast_ref::<Unmet>().map(|unmet| unmet.end) {
        Some(End::Failed) => 3,
        Some(End::TimedOut) => 4,
        Some(End::Exited(_)) => 5,
        Some(End::Expected | End::Stopped) | None => 1,
    }
}

/// Whether a boot came to what was waited for.
fn judge(report: &Report, watch: &Watch) -> Result<()> {
    let missing = match &watch.expect {
        Some(text) => format!(" before the console showed {text:?}"),
        None => String::new(),
    };
    let message = match report.end {
        End::Expected | End::Stopped => return Ok(()),
        End::Exited(status) if status.success() && watch.expect.is_none() => return Ok(()),
        End::Exited(status) => format!("QEMU ended{missing}: {status}{}", said(report)),
        End::Failed => format!("the boot failed{missing}; its console says why"),
        End::TimedOut => format!("time was over{missing}"),
    };
    Err(Unmet {
        end: report.end,
        message,
    }
    .into())
}

/// What QEMU itself said, to end a sentence with.
fn said(report: &Report) -> String {
    match report.messages.trim() {
        "" => String::new(),
        messages => format!(": {messages}"),
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;
    use std::time::Duration;

    use anyhow::anyhow;
    use kaal_tests::qemu::{End, Report, Watch};

    use super::{judge, status};

    /// The status for a boot that ended like that, where `expect` was waited for.
    fn status_of(end: End, expect: Option<&str>) -> u8 {
        let report = Report {
            end,
            console: String::new(),
            messages: String::new(),
            duration: Duration::ZERO,
            from_note: None,
        };
        let watch = Watch {
            expect: expect.map(str::to_owned),
            ..Watch::default()
        };
        judge(&report, &watch).map_or_else(|error| status(&error), |()| 0)
    }

    #[test]
    fn statuses_tell_what_came_of_a_boot() {
        let ended = End::Exited(ExitStatus::default());
        assert_eq!(status_of(End::Expected, Some("text")), 0);
        assert_eq!(status_of(ended, None), 0);
        assert_eq!(status_of(End::Failed, Some("text")), 3);
        assert_eq!(status_of(End::TimedOut, Some("text")), 4);
        assert_eq!(status_of(ended, Some("text")), 5);
        assert_eq!(status(&anyhow!("no QEMU")), 1);
    }
}
