// SPDX-License-Identifier: BSD-2-Clause

//! Measures what booting with KaaL costs.

mod client;
mod content;
mod cost;
mod driver;
mod figure;
mod formats;
mod hardware;
mod serving;
mod subject;
mod system;
mod verification;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use clap::Args;
use fs_err as fs;
use kaal_harness::elf;
use kaal_harness::qemu::Machine;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::{Program, Workspace};

use crate::root_task::{self, Selection};
use crate::{build, progress, setup};
use cost::Cost;
use figure::Figure;
use hardware::Row;
use subject::Subject;

#[derive(Args)]
pub(crate) struct Options {
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    /// Root task to measure with the kernel of SEL4_PREFIX [default: KaaL's own]
    #[arg(long, value_name = "FILE")]
    app: Option<PathBuf>,
    /// Measure the cost on hardware for all formats, means of verification, sizes and device trees
    #[arg(long)]
    full: bool,
    /// Folder with images of other loaders, ELF files with the same kernel, to measure their cost on hardware
    #[arg(long, env = "PEERS", value_name = "DIR")]
    peers: Option<PathBuf>,
}

/// Measures the probe kernels and, if SEL4_PREFIX names one, a real kernel.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let kernel = Kernel::from_environment()?;
    match &kernel {
        None if options.app.is_some() => {
            bail!("--app is the root task of a real kernel: set SEL4_PREFIX to a kernel's prefix");
        }
        Some(kernel) if !kernel.board()?.is_virt() => {
            bail!("SEL4_PREFIX: a kernel for QEMU's virt machine expected");
        }
        _ => {}
    }
    let qemu = setup::qemu(workspace)?;
    build::programs(workspace)?;
    build::counter(workspace, qemu)?;

    let probe = Subject::probe(workspace, Program::Probe, Machine::ordinary())?;
    let hyp = Subject::probe(workspace, Program::ProbeHyp, Machine::hypervisor())?;
    let mut subjects = vec![probe, hyp];
    if let Some(kernel) = &kernel {
        let app = match &options.app {
            Some(app) => app.clone(),
            None => root_task::build(workspace, kernel, root_task::RELEASE, &Selection::default())?,
        };
        let inputs = kernel.inputs(workspace, &app);
        subjects.push(Subject::new(workspace, "sel4", kernel.machine()?, inputs)?);
    }

    let spinner = progress::spinner("measuring");
    let mut figures = Vec::new();
    for (name, program, limit) in [
        ("loader", Program::Loader, 32 << 10),
        ("signed loader", Program::SignedLoader, 52 << 10),
    ] {
        let size = elf::loadable_bytes(&fs::read(workspace.program(program))?)?;
        figures.push(Figure::new(name, "loadable bytes", size, limit));
    }
    for subject in &subjects {
        figures.extend(measure(subject)?);
    }
    let [probe, .., last] = subjects.as_slice() else {
        bail!("no subjects");
    };
    figures.extend(verification::measure(probe)?);
    figures.extend(formats::measure(last)?);
    if kernel.is_some() {
        figures.push(formats::compressed(last)?);
    }
    figures.push(instructions_per_core(probe)?);
    let skipped = match (&kernel, &options.app) {
        (Some(kernel), None) => {
            figures.extend(system::measure(workspace, kernel)?);
            None
        }
        (Some(_), Some(_)) => Some("--app names another root task"),
        (None, _) => Some("SEL4_PREFIX names no kernel"),
    };
    let sel4 = kernel.as_ref().map(|_| last);
    let rows = hardware::measure(probe, sel4, options.full, options.peers.as_deref())?;
    drop(spinner);
    if let Some(reason) = skipped {
        eprintln!("skipped, as {reason}: {}", system::names());
    }
    if options.json {
        figures.extend(rows.iter().flat_map(Row::figures));
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        println!("{}\n{}", figure::table(&figures), hardware::table(&rows));
    }
    Ok(())
}

/// The instructions that each additional core executes until all have entered the kernel.
fn instructions_per_core(probe: &Subject) -> Result<Figure> {
    const CORES: u32 = 4;
    let machine = Machine {
        cores: CORES,
        ..Machine::ordinary()
    };
    let multicore = Subject::probe(probe.workspace, Program::Probe, machine)?;
    let instructions = |subject: &Subject| subject.instructions(&subject.inputs);
    let more = instructions(&multicore)?.saturating_sub(instructions(probe)?);
    let per_core = more / u64::from(CORES - 1);
    Ok(probe.figure("for each core more, of 4", per_core, 4_000))
}

fn measure(subject: &Subject) -> Result<[Figure; 4]> {
    let (workspace, inputs) = (subject.workspace, &subject.inputs);
    let image = subject.image();
    let cost = Cost::of(&inputs.command(workspace, &image))?;
    let start = Cost::of(Command::new(workspace.builder()).arg("--version"))?;

    let (kernel, app) = (fs::read(&inputs.kernel)?, fs::read(&inputs.app)?);
    let size = |file: &PathBuf| anyhow::Ok(fs::metadata(file)?.len());
    let device_tree = inputs.device_tree.as_ref().map_or(Ok(0), size)?;
    let content = elf::loadable_bytes(&kernel)? + elf::loadable_bytes(&app)? + device_tree;
    let overhead = size(&image)?.saturating_sub(content);
    let input = (kernel.len() + app.len()) as u64 + device_tree + size(&inputs.loader)?;
    // Four times the inputs, besides what the builder takes to start.
    let memory = start.peak_bytes + 4 * input;
    let instructions = subject.instructions(inputs)?;
    Ok([
        subject.figure("instructions to kernel", instructions, 5_000),
        subject.figure("image bytes over inputs", overhead, 36 << 10),
        subject.figure("builder CPU microseconds", cost.cpu_microseconds, 10_000),
        subject.figure("builder peak memory bytes", cost.peak_bytes, memory),
    ])
}
