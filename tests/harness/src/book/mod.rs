// SPDX-License-Identifier: BSD-2-Clause

//! Generates parts of the documentation: memory maps, registers and steps of images that it packs and boots, and
//! tables from the code.

mod chains;
mod fields;
mod flips;
mod page;
mod programs;
mod registers;
mod steps;
mod system_registers;

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::flips::{Extent, Subject, Summary};
use crate::image::Inputs;
use crate::process;
use crate::qemu::Machine;
use crate::workspace::{Program, Workspace};
use registers::Boot;

/// The page on the boot.
const PAGE: &str = "docs/boot.md";

/// The page on the payload header, and the declaration of the header.
const FORMAT: [&str; 2] = ["docs/payload.md", "elfloader/payload/src/layout.rs"];

/// The page with the programs that commands start.
const COMMANDS: &str = "docs/commands.md";

/// The page on firmwares.
const FIRMWARE: &str = "docs/firmware.md";

/// The page with the outcomes of flipped bits.
const CHECKS: &str = "docs/checks.md";

/// The header's structures.
const STRUCTURES: [&str; 7] = [
    "Header",
    "Preamble",
    "ConstantPart",
    "UserImage",
    "DeviceTreeSlot",
    "Region",
    "Cpu",
];

/// The source that names the loader's steps.
const LOADER: &str = "elfloader/loader/src/lib.rs";

/// The source with the registers that the loader sets.
const REGISTERS: &str = "elfloader/loader/src/system_registers.rs";

/// A file of the documentation that is generated, entirely or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Relative to the checkout.
    pub path: PathBuf,
    /// Its new content.
    pub content: String,
}

/// A boot that the page on the boot shows.
struct Example {
    /// The name of its part of the page, and of its picture.
    name: &'static str,
    title: &'static str,
    probe: Program,
    machine: Machine,
}

fn examples() -> [Example; 2] {
    [
        Example {
            name: "el1",
            title: "An ordinary kernel's image",
            probe: Program::Probe,
            machine: Machine::ordinary(),
        },
        Example {
            name: "el2",
            title: "A hypervisor kernel's image",
            probe: Program::ProbeHyp,
            machine: Machine::hypervisor(),
        },
    ]
}

/// Generates all files but the table of flipped bits.
///
/// # Errors
///
/// Fails if the programs are not built, an image does not boot, or a page lacks the marks of a generated part.
pub fn generate(workspace: &Workspace) -> Result<Vec<Generated>> {
    let read = |path: &str| read(workspace, path);
    let mut page = read(PAGE)?;
    page = page::replace(&page, "steps", &steps::table(workspace, &read(LOADER)?)?)?;
    let registers = system_registers::table(&read(REGISTERS)?)?;
    page = page::replace(&page, "registers", &registers)?;
    let mut files = Vec::new();
    for example in examples() {
        let scratch = tempfile::tempdir()?;
        let inputs = Inputs::probe(workspace, example.probe, &example.machine, scratch.path())?;
        // The picture has the file's name as its title.
        let image = scratch.path().join(example.title);
        inputs.pack(workspace, &image)?;
        files.push(Generated {
            path: format!("docs/boot/{}.svg", example.name).into(),
            content: draw(workspace, &image, &scratch.path().join("picture.svg"))?,
        });
        let boot = Boot::follow(&inputs, &example.machine, &image, scratch.path())?;
        page = page::replace(&page, example.name, &page::registers(&boot))?;
    }
    files.push(Generated {
        path: PAGE.into(),
        content: page,
    });
    let [path, source] = FORMAT;
    let (mut page, source) = (read(path)?, read(source)?);
    for name in STRUCTURES {
        page = page::replace(&page, name, &fields::table(&source, name)?)?;
    }
    files.push(Generated {
        path: path.into(),
        content: page,
    });
    files.push(Generated {
        path: FIRMWARE.into(),
        content: page::replace(&read(FIRMWARE)?, "chains", &chains::table())?,
    });
    files.push(Generated {
        path: COMMANDS.into(),
        content: page::replace(&read(COMMANDS)?, "programs", &programs::table())?,
    });
    Ok(files)
}

/// Flips each bit of an image, which takes minutes, and generates the table of the outcomes.
///
/// # Errors
///
/// Fails as [`generate`] does, or if a flip has an outcome that none may have.
pub fn generate_flips(workspace: &Workspace, workers: NonZeroU64) -> Result<Generated> {
    let summary = crate::flips::run(workspace, Subject::ALL[0], Extent::ALL, workers)?;
    summary.check()?;
    let page = read(workspace, CHECKS)?;
    Ok(Generated {
        path: CHECKS.into(),
        content: page::replace(&page, "flips", &flips::table(&summary))?,
    })
}

/// Checks that the table has all outcomes of a sample, whatever their numbers.
///
/// # Errors
///
/// Names an outcome that the table lacks.
pub fn compare_flips(workspace: &Workspace, sample: &Summary) -> Result<()> {
    flips::compare(sample, &read(workspace, CHECKS)?)
        .with_context(|| format!("{CHECKS} is out of date: run `cargo xtask book --generate`"))
}

fn read(workspace: &Workspace, path: &str) -> Result<String> {
    fs::read_to_string(workspace.root().join(path))
        .with_context(|| format!("failed to read {path}"))
}

fn draw(workspace: &Workspace, image: &Path, picture: &Path) -> Result<String> {
    let mut inspect = Command::new(workspace.builder());
    inspect.arg("inspect").arg(image).arg("--svg").arg(picture);
    process::read(&mut inspect)?;
    fs::read_to_string(picture).with_context(|| format!("failed to read {}", picture.display()))
}
