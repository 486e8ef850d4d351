// SPDX-License-Identifier: BSD-2-Clause

//! Packs an image and boots it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use kaal_tests::image::Inputs;
use kaal_tests::probe;
use kaal_tests::qemu::{self, End, Input, Machine, Report, Watch};
use kaal_tests::sel4::{self, Kernel};
use kaal_tests::workspace::{Program, Workspace};

use crate::{build, root_task, setup};

/// The time that the probe kernel, which takes less than a second, is given.
const PROBE_LIMIT: u64 = 60;

/// What to boot, and where.
#[derive(Args)]
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
    /// Wait for a debugger before the first instruction
    #[arg(long)]
    gdb: bool,
    /// End after this time [default: 60 for the probe kernel]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// End well as soon as the console shows this text
    #[arg(long, value_name = "TEXT")]
    expect: Option<String>,
    /// More arguments for QEMU
    #[arg(last = true, value_name = "QEMU-ARGS")]
    qemu_arguments: Vec<OsString>,
}

/// Packs what `options` ask for and boots it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let version = setup::qemu()?;
    let kernel = Kernel::from_environment()?;
    let sel4 = match &kernel {
        Some(_) if options.hyp => bail!(
            "--hyp chooses among the probe kernels, but {} names a kernel",
            sel4::PREFIX
        ),
        Some(kernel) => {
            kernel.board()?.check(version)?;
            Some((kernel, options.root_task(workspace, kernel)?))
        }
        None => None,
    };
    build::programs(workspace)?;
    let scratch = tempfile::tempdir()?;
    match sel4 {
        Some((kernel, app)) => boot_sel4(workspace, options, kernel, &app, scratch.path()),
        None => boot_probe(workspace, options, scratch.path()),
    }
}

fn boot_sel4(
    workspace: &Workspace,
    options: &Options,
    kernel: &Kernel,
    app: &Path,
    scratch: &Path,
) -> Result<()> {
    let machine = options.machine(kernel.machine()?);
    let inputs = kernel.inputs(workspace, app);
    if options.expect.is_none() && !options.gdb {
        println!("Ctrl-A X ends QEMU");
    }
    let watch = Watch {
        input: Input::Terminal,
        ..options.watch(None, None)
    };
    let report = options.boot(workspace, inputs, &machine, &watch, scratch)?;
    judge(&report, &watch)
}

fn boot_probe(workspace: &Workspace, options: &Options, scratch: &Path) -> Result<()> {
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
    let watch = options.watch(Some(probe::PASS), Some(PROBE_LIMIT));
    let report = options.boot(workspace, inputs, &machine, &watch, scratch)?;
    judge(&report, &watch)
}

impl Options {
    /// The root task for a real kernel; KaaL's own is built.
    fn root_task(&self, workspace: &Workspace, kernel: &Kernel) -> Result<PathBuf> {
        match &self.app {
            Some(app) => Ok(app.clone()),
            None => root_task::build(workspace, kernel),
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
            command.args(["-s", "-S"]);
            println!(
                "gdb-multiarch -ex 'target remote :1234' -ex 'add-symbol-file {}' {}",
                inputs.kernel.display(),
                image.display()
            );
        }
        command.args(&self.qemu_arguments);
        qemu::run(command, watch)
    }
}

/// Whether a boot came to what was waited for.
fn judge(report: &Report, watch: &Watch) -> Result<()> {
    let missing = || match &watch.expect {
        Some(text) => format!(" before the console showed {text:?}"),
        None => String::new(),
    };
    match report.end {
        End::Expected => Ok(()),
        End::Exited(status) if status.success() && watch.expect.is_none() => Ok(()),
        End::Exited(status) => bail!("QEMU ended{}: {status}{}", missing(), said(report)),
        End::Failed => bail!("the boot failed{}; its console says why", missing()),
        End::TimedOut => bail!("time was over{}", missing()),
    }
}

/// What QEMU itself said, to end a sentence with.
fn said(report: &Report) -> String {
    match report.messages.trim() {
        "" => String::new(),
        messages => format!(": {messages}"),
    }
}
