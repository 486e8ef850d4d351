// SPDX-License-Identifier: BSD-2-Clause

//! What lies in an archive, and where.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_harness::image::Inputs;
use kaal_harness::process;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};

use crate::sbom::{self, Crates};
use crate::setup::Compiler;

use super::licenses;
use super::linked;
use super::origin::Origin;
use super::platform::Platform;
use super::tree::{self, File, Files};

/// The programs that the builder packs images with.
const LIBRARY: [Program; 3] = [Program::Loader, Program::SignedLoader, Program::Unpacker];

/// The shells, and the file that each looks for completions in.
const COMPLETIONS: [(&str, &str); 3] = [
    (
        "bash",
        "share/bash-completion/completions/kaal-elfloader-builder",
    ),
    ("zsh", "share/zsh/site-functions/_kaal-elfloader-builder"),
    (
        "fish",
        "share/fish/vendor_completions.d/kaal-elfloader-builder.fish",
    ),
];

/// The files that are the same for all platforms.
pub(super) fn for_all(workspace: &Workspace) -> Result<Files> {
    let mut files = Files::from([("README.md".to_owned(), include_str!("readme.md").into())]);
    let root = workspace.root();
    for part in ["LICENSE", "kernel"] {
        files.extend(tree::read(&root.join(part), part)?);
    }
    for program in LIBRARY {
        let name = format!("lib/{}", program.file_name());
        files.extend(tree::read(&workspace.program(program), &name)?);
    }
    files.extend(probe(workspace, Program::Probe, &Machine::ordinary())?);
    files.extend(probe(workspace, Program::ProbeHyp, &Machine::hypervisor())?);
    files.extend(completions(workspace)?);
    files.extend(manual(workspace)?);
    Ok(files)
}

/// The files that depend on the platform.
pub(super) fn for_one(
    workspace: &Workspace,
    platform: Platform,
    compiler: &Compiler,
    origin: &Origin,
    builder: Vec<u8>,
) -> Result<Files> {
    let crates = Crates::read(workspace, platform.triple)?;
    let mut files = licenses::collect(workspace, &crates, platform, compiler)?;
    let bill = format!("{:#}\n", sbom::document(&crates));
    files.insert("kaal.cdx.json".to_owned(), bill.into());
    let record = record(workspace, platform, compiler, origin)?;
    files.insert("BUILD.txt".to_owned(), record.into());
    let name = format!("bin/{}", Workspace::BUILDER);
    files.insert(name, File::program(builder));
    Ok(files)
}

/// A probe kernel, told what it has to find on `machine`, and what it starts.
fn probe(workspace: &Workspace, program: Program, machine: &Machine) -> Result<Files> {
    let scratch = tempfile::tempdir().context("failed to create a temporary folder")?;
    let inputs = Inputs::probe(workspace, program, machine, scratch.path())?;
    let kernel = format!("probe/{}", program.file_name());
    let mut files = tree::read(&inputs.kernel, &kernel)?;
    if let Some(device_tree) = &inputs.device_tree {
        files.extend(tree::read(device_tree, &kernel.replace(".elf", ".dtb"))?);
    }
    let task = format!("probe/{}", Program::ProbeTask.file_name());
    files.extend(tree::read(&inputs.app, &task)?);
    Ok(files)
}

fn completions(workspace: &Workspace) -> Result<Files> {
    let complete = |(shell, file): (&str, &str)| {
        let mut builder = Command::new(workspace.builder());
        let text = process::read(builder.args(["completions", shell]))?;
        Ok((file.to_owned(), text.into()))
    };
    COMPLETIONS.into_iter().map(complete).collect()
}

fn manual(workspace: &Workspace) -> Result<Files> {
    let scratch = tempfile::tempdir().context("failed to create a temporary folder")?;
    let folder = scratch.path().join("man1");
    let mut builder = Command::new(workspace.builder());
    process::read(builder.arg("man").arg(&folder))?;
    tree::read(&folder, "share/man/man1")
}

/// What was built from which sources, and by which compilers.
fn record(
    workspace: &Workspace,
    platform: Platform,
    compiler: &Compiler,
    origin: &Origin,
) -> Result<String> {
    let loader = workspace.program(Program::Loader);
    let content =
        fs::read(&loader).with_context(|| format!("failed to read {}", loader.display()))?;
    let target_compiler = linked::compiler(&content)
        .with_context(|| format!("failed to read the compiler of {}", loader.display()))?;
    let Platform { triple, .. } = platform;
    let record = format!(
        "KaaL {} for {triple}\ncommit {}\n\nThe builder was made by:\n{}\nThe programs in lib and probe \
         were made by:\n{target_compiler}\n",
        env!("CARGO_PKG_VERSION"),
        origin.commit,
        compiler.description(),
    );
    println!("{record}");
    Ok(record)
}
