// SPDX-License-Identifier: BSD-2-Clause

//! Images that are made of Microkit's. Those here are synthetic: they hold the probe kernel and its task.

mod sdk;
#[expect(dead_code, reason = "the builder's tests use more of it")]
#[path = "../../../../builder/tests/cli/common/microkit.rs"]
mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use goblin::elf::Elf;
use goblin::elf::program_header::PT_LOAD;
use kaal_harness::firmware::loaded;
use kaal_harness::probe::{Expected, PASS};
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::{Image, change_file};
use crate::trial;
use writer::{Microkit, Segment};

/// Where Microkit's boot loaders put an image on QEMU's machines.
const LOAD_ADDRESS: u64 = 0x7000_0000;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = Vec::new();
    let kernels = [
        ("el1", Program::Probe, Machine::ordinary()),
        ("el2", Program::ProbeHyp, Machine::hypervisor()),
    ];
    for (level, probe, machine) in kernels {
        for cores in [1, 4] {
            for compression in ["none", "lz4"] {
                let machine = Machine {
                    cores,
                    ..machine.clone()
                };
                let name = format!("microkit::{level}::{cores}_cores::{compression}");
                trials.push(trial(workspace, name, move |workspace| {
                    boot(workspace, probe, machine, compression)
                }));
            }
        }
    }
    trials.push(trial(workspace, "microkit::silent", silent));
    trials.extend(sdk::trials(workspace));
    trials
}

/// The image boots from an ELF file, and from a raw one in place of Microkit's.
fn boot(
    workspace: &Workspace,
    probe: Program,
    machine: Machine,
    compression: &'static str,
) -> Result<()> {
    let image = Image::of(workspace, probe, machine)?;
    let mut command = command(workspace, &image, &image.path())?;
    check(&mut command)?;
    image.boot(PASS)?;

    let raw = image.file("raw.img");
    let mut command = self::command(workspace, &image, &raw)?;
    command.args(["--format", "raw", "--load-address", "0x70000000"]);
    check(command.args(["--compress", compression]))?;
    image.boot_loaded(&started(&raw), PASS).map(drop)
}

/// With a release's kernel, which prints nothing, the whole boot can be silent.
fn silent(workspace: &Workspace) -> Result<()> {
    let image = Image::ordinary(workspace)?;
    let mut command = command(workspace, &image, &image.path())?;
    check(command.args(["--log-level", "error"]))?;
    let console = image.boot(PASS)?;
    ensure!(
        console.starts_with("KaaL's probe kernel"),
        "nothing from the loader expected, found:\n{console}"
    );
    Ok(())
}

/// QEMU's options that load the file `raw` and start it.
fn started(raw: &Path) -> Vec<String> {
    let mut options = loaded(raw, LOAD_ADDRESS);
    options.extend(kaal_harness::firmware::device(format!(
        "addr={LOAD_ADDRESS:#x},cpu-num=0"
    )));
    options
}

/// The builder's command that makes `out` of the synthetic Microkit image of a probe that expects no device tree.
fn command(workspace: &Workspace, image: &Image, out: &Path) -> Result<Command> {
    change_file(&image.inputs.kernel, |kernel| {
        Expected::NoDeviceTree.supply(kernel)
    })?;
    let [kernel, task] = [&image.inputs.kernel, &image.inputs.app].map(fs::read);
    let (kernel, task) = (kernel?, task?);
    let file = image.file("loader.img");
    fs::write(&file, of(&kernel, &task)?.to_bytes())?;
    let inputs = &image.inputs;
    let mut command = Command::new(workspace.builder());
    command.arg("--no-config");
    let files: [(&str, &PathBuf); 4] = [
        ("--loader", &inputs.loader),
        ("--unpacker", &inputs.unpacker),
        ("--microkit", &file),
        ("--kernel", &inputs.kernel),
    ];
    for (option, file) in files {
        command.arg(option).arg(file);
    }
    command.arg("--out").arg(out);
    if let Some(tree) = &inputs.device_tree {
        command.arg("--dtb").arg(tree);
    }
    if let Some(cores) = inputs.cores {
        command.args(["--cores", &cores.to_string()]);
    }
    Ok(command)
}

fn check(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    let messages = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{messages}");
    Ok(())
}

/// The image that Microkit would make of two ELF files.
fn of(kernel: &[u8], task: &[u8]) -> Result<Microkit> {
    let (kernel, task) = (program(kernel)?, program(task)?);
    Ok(Microkit::new((kernel.0, &kernel.1), (task.0, &task.1)))
}

/// The entry point and the segments of a program.
fn program(file: &[u8]) -> Result<(u64, Vec<Segment<'_>>)> {
    let elf = Elf::parse(file)?;
    let loads = elf.program_headers.iter();
    let loads = loads.filter(|load| load.p_type == PT_LOAD && load.p_memsz > 0);
    let segments = loads.map(|load| {
        let content = &file[load.file_range()];
        (load.p_vaddr, load.p_paddr, content, load.p_memsz)
    });
    Ok((elf.entry, segments.collect()))
}
