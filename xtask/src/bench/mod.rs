// SPDX-License-Identifier: BSD-2-Clause

//! Measures what booting with KaaL costs.

mod cost;
mod figure;
mod formats;
mod system;
mod verification;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use clap::Args;
use kaal_harness::elf;
use kaal_harness::image::Inputs;
use kaal_harness::qemu::{Board, Machine, instructions_until};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::{Program, Workspace};

use crate::root_task::{self, Profile};
use crate::{build, progress, setup};
use cost::Cost;
use figure::Figure;

/// What each figure may be at most.
mod limit {
    pub(super) const INSTRUCTIONS: u64 = 5_000;
    pub(super) const INSTRUCTIONS_PER_CORE: u64 = 4_000;
    pub(super) const OVERHEAD: u64 = 36 << 10;
    pub(super) const LOADER: u64 = 32 << 10;
    pub(super) const CPU_MICROSECONDS: u64 = 10_000;

    /// Four times the `input`, besides what the builder takes to `start` and do nothing.
    pub(super) const fn memory(start: u64, input: u64) -> u64 {
        start + 4 * input
    }
}

/// The builder's options for images that are not verified and don't hold names for reports.
const UNVERIFIED: [&str; 4] = ["--verify", "none", "--symbols", "off"];

/// What to measure, and how to tell it.
#[derive(Args)]
pub(crate) struct Options {
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    /// Root task to measure the kernel of SEL4_PREFIX with [default: KaaL's own]
    #[arg(long, value_name = "FILE")]
    app: Option<PathBuf>,
}

/// An image to measure.
struct Subject {
    name: &'static str,
    machine: Machine,
    inputs: Inputs,
}

/// Measures the probe kernels and, where there is one, the real kernel.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let kernel = Kernel::from_environment()?;
    match &kernel {
        None if options.app.is_some() => {
            bail!("--app is the root task of a real kernel: set SEL4_PREFIX to one");
        }
        Some(kernel) if kernel.board()? != Board::VIRT => {
            bail!("SEL4_PREFIX: measured are kernels for QEMU's virt machine only");
        }
        _ => {}
    }
    setup::qemu(workspace)?;
    build::programs(workspace)?;

    let scratch = tempfile::tempdir()?;
    let mut subjects = vec![
        probe(workspace, Program::Probe, Machine::ordinary(), &scratch)?,
        probe(
            workspace,
            Program::ProbeHyp,
            Machine::hypervisor(),
            &scratch,
        )?,
    ];
    if let Some(kernel) = &kernel {
        let app = match &options.app {
            Some(app) => app.clone(),
            None => root_task::build(workspace, kernel, Profile::Release)?,
        };
        subjects.push(Subject {
            name: "sel4",
            machine: kernel.machine()?,
            inputs: unverified(kernel.inputs(workspace, &app)),
        });
    }

    let spinner = progress::spinner("measuring");
    let mut figures = vec![Figure::new(
        "loader",
        "loadable bytes",
        elf::loadable_bytes(&fs::read(workspace.program(Program::Loader))?)?,
        limit::LOADER,
    )];
    for subject in &subjects {
        figures.extend(measure(workspace, subject, scratch.path())?);
    }
    if let Some(subject) = subjects.first() {
        figures.extend(verification::measure(workspace, subject, scratch.path())?);
    }
    if let Some(subject) = subjects.last() {
        figures.extend(formats::measure(workspace, subject, scratch.path())?);
        if kernel.is_some() {
            figures.push(formats::compressed(workspace, subject, scratch.path())?);
        }
    }
    figures.push(instructions_per_core(workspace, &scratch)?);
    if let (Some(kernel), None) = (&kernel, &options.app) {
        let image = scratch.path().join("system.elf");
        let app = workspace.root_task();
        kernel.inputs(workspace, &app).pack(workspace, &image)?;
        figures.extend(system::measure(
            workspace,
            kernel,
            &kernel.machine()?,
            &image,
        )?);
    }
    drop(spinner);
    match options.json {
        true => println!("{}", figure::json(&figures)),
        false => print!("{}", figure::table(&figures)),
    }
    Ok(())
}

fn probe(
    workspace: &Workspace,
    program: Program,
    machine: Machine,
    scratch: &tempfile::TempDir,
) -> Result<Subject> {
    let folder = scratch.path().join(program.binary());
    fs::create_dir(&folder)?;
    Ok(Subject {
        name: program.binary(),
        inputs: unverified(Inputs::probe(workspace, program, &machine, &folder)?),
        machine,
    })
}

/// Lets the loader verify nothing: what that costs is a figure of its own.
fn unverified(inputs: Inputs) -> Inputs {
    Inputs {
        packing: UNVERIFIED.map(str::to_owned).to_vec(),
        ..inputs
    }
}

/// What each core adds to the instructions that are executed until all cores have entered the kernel.
fn instructions_per_core(workspace: &Workspace, scratch: &tempfile::TempDir) -> Result<Figure> {
    const CORES: u32 = 4;
    let instructions = |cores| {
        let machine = Machine {
            cores,
            ..Machine::ordinary()
        };
        let folder = tempfile::tempdir_in(scratch)?;
        let inputs = unverified(Inputs::probe(
            workspace,
            Program::Probe,
            &machine,
            folder.path(),
        )?);
        let image = folder.path().join("bootimage.elf");
        inputs.pack(workspace, &image)?;
        let entry = elf::entry(&fs::read(&inputs.kernel)?)?;
        instructions_until(entry, &machine, &image)
    };
    let more = instructions(CORES)?.saturating_sub(instructions(1)?);
    Ok(Figure::new(
        "kaal-probe",
        "for each core more, of 4",
        more / u64::from(CORES - 1),
        limit::INSTRUCTIONS_PER_CORE,
    ))
}

fn measure(workspace: &Workspace, subject: &Subject, scratch: &Path) -> Result<Vec<Figure>> {
    let image = scratch.join("bootimage.elf");
    let inputs = &subject.inputs;
    let cost = Cost::of(&inputs.command(workspace, &image))?;
    let start = Cost::of(Command::new(workspace.builder()).arg("--version"))?;

    let kernel = fs::read(&inputs.kernel)?;
    let app = fs::read(&inputs.app)?;
    let device_tree = match &inputs.device_tree {
        Some(file) => fs::metadata(file)?.len(),
        None => 0,
    };
    let content = elf::loadable_bytes(&kernel)? + elf::loadable_bytes(&app)? + device_tree;
    let input =
        (kernel.len() + app.len()) as u64 + device_tree + fs::metadata(&inputs.loader)?.len();
    let instructions = instructions_until(elf::entry(&kernel)?, &subject.machine, &image)?;

    let figure = |what, value, limit| Figure::new(subject.name, what, value, limit);
    Ok(vec![
        figure("instructions to kernel", instructions, limit::INSTRUCTIONS),
        figure(
            "image bytes over inputs",
            fs::metadata(&image)?.len().saturating_sub(content),
            limit::OVERHEAD,
        ),
        figure(
            "builder CPU microseconds",
            cost.cpu_microseconds,
            limit::CPU_MICROSECONDS,
        ),
        figure(
            "builder peak memory bytes",
            cost.peak_bytes,
            limit::memory(start.peak_bytes, input),
        ),
    ])
}
