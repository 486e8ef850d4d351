// SPDX-License-Identifier: BSD-2-Clause

//! Collects the files of an archive.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use fs_err as fs;
use kaal_harness::image::Inputs;
use kaal_harness::process;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};

use crate::sbom::{self, Crates};
use crate::setup::Compiler;

use super::archive::PROGRAMS;
use super::licenses;
use super::linked;
use super::origin::Origin;
use super::platform::Platform;
use super::tree::{self, Files};

/// The programs that the builder packs into images.
const LIBRARY: [Program; 4] = [
    Program::Loader,
    Program::SignedLoader,
    Program::Unpacker,
    Program::EfiStub,
];

/// Each shell with the place of its completions: what stands before and after the builder's name.
const COMPLETIONS: [(&str, &str, &str); 3] = [
    ("bash", "share/bash-completion/completions/", ""),
    ("zsh", "share/zsh/site-functions/_", ""),
    ("fish", "share/fish/vendor_completions.d/", ".fish"),
];

/// The files that are the same for all platforms.
pub(super) fn for_all(workspace: &Workspace) -> Result<Files> {
    let mut files = Files::from([("README.md".into(), include_str!("readme.md").into())]);
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
    for (shell, before, after) in COMPLETIONS {
        let mut builder = Command::new(workspace.builder());
        let text = process::read(builder.args(["completions", shell]))?;
        let file = [before, Workspace::BUILDER, after].concat();
        files.insert(file.into(), text.into());
    }
    let scratch = tempfile::tempdir()?;
    let manual = scratch.path().join("man1");
    let mut builder = Command::new(workspace.builder());
    process::read(builder.arg("man").arg(&manual))?;
    files.extend(tree::read(&manual, "share/man/man1")?);
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
    let crates = Crates::read(workspace, platform.0)?;
    let mut files = licenses::collect(&crates, platform, compiler)?;
    let bill = format!("{:#}\n", sbom::document(&crates));
    files.insert("kaal.cdx.json".into(), bill.into());
    let record = record(workspace, platform, compiler, origin)?;
    files.insert("BUILD.txt".into(), record.into());
    files.insert(Path::new(PROGRAMS).join(Workspace::BUILDER), builder);
    Ok(files)
}

/// A probe kernel for `machine`, its device tree and its task.
fn probe(workspace: &Workspace, program: Program, machine: &Machine) -> Result<Files> {
    let scratch = tempfile::tempdir()?;
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

/// The text that names the sources and the compilers of the programs.
fn record(
    workspace: &Workspace,
    platform: Platform,
    compiler: &Compiler,
    origin: &Origin,
) -> Result<String> {
    let loader = workspace.program(Program::Loader);
    let target_compiler = linked::compiler(&fs::read(&loader)?)
        .with_context(|| format!("failed to read the compiler of {}", loader.display()))?;
    let record = format!(
        "KaaL {} for {}\ncommit {}\n\nCompiler of the builder:\n{}\nCompiler of the programs in lib and \
         probe:\n{target_compiler}\n",
        env!("CARGO_PKG_VERSION"),
        platform.0,
        origin.commit,
        compiler.description,
    );
    println!("{record}");
    Ok(record)
}
