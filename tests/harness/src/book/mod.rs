// SPDX-License-Identifier: BSD-2-Clause

//! Makes what the documentation shows of running images: pictures of memory and states of registers, each of
//! an image that is packed and booted for the purpose.

mod fields;
mod page;
mod programs;
mod registers;
mod steps;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::image::Inputs;
use crate::process;
use crate::qemu::Machine;
use crate::workspace::{Program, Workspace};
use registers::Boot;

/// The page that tells of a boot.
const PAGE: &str = "docs/boot.md";

/// The page that tells of the payload header, and where the header is declared.
const FORMAT: [&str; 2] = ["docs/payload.md", "elfloader/payload/src/layout.rs"];

/// The page that lists the programs which commands start.
const COMMANDS: &str = "docs/commands.md";

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

/// Where the loader's steps are named.
const LOADER: &str = "elfloader/loader/src/lib.rs";

/// A file that the documentation has from the code, wholly or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Relative to the checkout.
    pub path: PathBuf,
    /// What it ought to hold.
    pub content: String,
}

/// A machine whose boot is shown.
struct Example {
    /// What its parts of the page and its picture are called.
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

/// Generates all files anew.
///
/// # Errors
///
/// Fails where the programs are not built, an image does not boot, or the page has no place for what is
/// generated.
pub fn generate(workspace: &Workspace) -> Result<Vec<Generated>> {
    let read = |path: &str| {
        fs::read_to_string(workspace.root().join(path))
            .with_context(|| format!("failed to read {path}"))
    };
    let mut page = read(PAGE)?;
    page = page::replace(&page, "steps", &steps::table(workspace, &read(LOADER)?)?)?;
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
        path: COMMANDS.into(),
        content: page::replace(&read(COMMANDS)?, "programs", &programs::table())?,
    });
    Ok(files)
}

fn draw(workspace: &Workspace, image: &Path, picture: &Path) -> Result<String> {
    let mut inspect = Command::new(workspace.builder());
    inspect.arg("inspect").arg(image).arg("--svg").arg(picture);
    process::read(&mut inspect)?;
    fs::read_to_string(picture).with_context(|| format!("failed to read {}", picture.display()))
}
