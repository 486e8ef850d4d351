// SPDX-License-Identifier: BSD-2-Clause

//! Checks the content of the archive.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;
use serde_json::Value;

use crate::unpacked::Unpacked;

/// Files with fixed names. The others lie in the folders below.
const FILES: [&str; 19] = [
    "BUILD.txt",
    "LICENSE",
    "README.md",
    "bin/kaal-elfloader-builder",
    "kaal.cdx.json",
    "kernel/common.cmake",
    "lib/efi-stub.elf",
    "lib/elfloader-signed.elf",
    "lib/elfloader.elf",
    "lib/unpacker.elf",
    "licenses/rust-standard-library/COPYRIGHT-library.html",
    "probe/probe-hyp.dtb",
    "probe/probe-hyp.elf",
    "probe/probe-task.elf",
    "probe/probe.dtb",
    "probe/probe.elf",
    "share/bash-completion/completions/kaal-elfloader-builder",
    "share/fish/vendor_completions.d/kaal-elfloader-builder.fish",
    "share/zsh/site-functions/_kaal-elfloader-builder",
];

/// Folders with more files.
const FOLDERS: [&str; 3] = ["kernel", "licenses", "share/man/man1"];

/// The path of the builder.
const BUILDER: &str = "bin/kaal-elfloader-builder";

/// The archive has all files and no others, and none is empty.
pub(crate) fn is_complete(unpacked: &Unpacked) -> Result<()> {
    let files = unpacked.files()?;
    for expected in FILES {
        ensure!(files.contains(&PathBuf::from(expected)), "no {expected}");
    }
    for file in &files {
        let is_known = FILES.iter().any(|known| file == Path::new(known))
            || FOLDERS.iter().any(|folder| file.starts_with(folder));
        ensure!(is_known, "{} is not expected", file.display());
        ensure!(
            !unpacked.read(file)?.is_empty(),
            "{} is empty",
            file.display()
        );
    }
    let settings = unpacked.checkout.join("kernel");
    for board in fs::read_dir(settings)? {
        let name = Path::new("kernel").join(board?.file_name());
        ensure!(
            unpacked.folder.join(&name).exists(),
            "no {}",
            name.display()
        );
    }
    Ok(())
}

/// Only the builder is executable.
pub(crate) fn builder_is_executable(unpacked: &Unpacked) -> Result<()> {
    for file in unpacked.files()? {
        let mode = fs::metadata(unpacked.folder.join(&file))?
            .permissions()
            .mode();
        ensure!(
            (mode & 0o111 != 0) == (file == Path::new(BUILDER)),
            "{} has the mode {mode:o}",
            file.display()
        );
    }
    Ok(())
}

/// The builder runs on any Linux: it requires neither a dynamic linker nor a library.
pub(crate) fn builder_is_static(unpacked: &Unpacked) -> Result<()> {
    if env::consts::OS != "linux" {
        return Ok(());
    }
    let content = unpacked.read(BUILDER)?;
    let elf = Elf::parse(&content)?;
    ensure!(
        elf.interpreter.is_none() && elf.libraries.is_empty(),
        "{BUILDER} needs {:?} {:?}",
        elf.interpreter,
        elf.libraries
    );
    Ok(())
}

/// No file names the checkout, or the home folder of the user who made the archive.
pub(crate) fn names_no_folder(unpacked: &Unpacked) -> Result<()> {
    let cargo = env::home_dir().map(|home| home.join(".cargo"));
    let folders = [Some(unpacked.checkout.clone()), cargo];
    for file in unpacked.files()? {
        let content = unpacked.read(&file)?;
        for folder in folders.iter().flatten() {
            let name = folder.as_os_str().as_encoded_bytes();
            ensure!(
                !content.windows(name.len()).any(|window| window == name),
                "{} names {}",
                file.display(),
                folder.display()
            );
        }
    }
    Ok(())
}

/// Each crate of another project, which has a checksum, has its licence.
pub(crate) fn has_licenses(unpacked: &Unpacked) -> Result<()> {
    let bill: Value = serde_json::from_slice(&unpacked.read("kaal.cdx.json")?)?;
    let components = bill["components"].as_array().context("no components")?;
    let mut count = 0;
    for component in components {
        let text = |field: &str| component[field].as_str().context("no text");
        if component.get("hashes").is_some() {
            let folder = format!("licenses/{}-{}", text("name")?, text("version")?);
            ensure!(unpacked.folder.join(&folder).is_dir(), "no {folder}");
            count += 1;
        }
    }
    ensure!(count > 0, "the bill of materials names no crate");
    Ok(())
}

/// The record names the builder's compiler by version and commit, and that of the programs for the
/// target.
pub(crate) fn names_compilers(unpacked: &Unpacked) -> Result<()> {
    let record = unpacked.text("BUILD.txt")?;
    for text in [
        "\ncommit ",
        "\ncommit-hash: ",
        "\nhost: ",
        "\nrustc version ",
    ] {
        ensure!(record.contains(text), "no {text:?} in BUILD.txt:\n{record}");
    }
    Ok(())
}

/// Each command of the builder has a page.
pub(crate) fn has_manual(unpacked: &Unpacked) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let mut builder = Command::new(unpacked.folder.join(BUILDER));
    process::read(builder.arg("man").arg(scratch.path()))?;
    for page in fs::read_dir(scratch.path())? {
        let page = page?;
        let name = Path::new("share/man/man1").join(page.file_name());
        ensure!(
            unpacked.read(&name)? == fs::read(page.path())?,
            "{} differs from what the builder writes",
            name.display()
        );
    }
    let first = format!("share/man/man1/{}.1", Workspace::BUILDER);
    ensure!(
        unpacked.text(&first)?.starts_with(".ie"),
        "{first} is no page"
    );
    Ok(())
}
