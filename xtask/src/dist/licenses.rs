// SPDX-License-Identifier: BSD-2-Clause

//! Collects the licences of all that the programs are linked of.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand};
use kaal_harness::workspace::Workspace;

use crate::sbom::{Crates, Name};
use crate::setup::{Compiler, TARGET};

use super::platform::{Linking, Platform};
use super::tree::{self, Files};

/// Files that state a licence have one of these words in their names.
const WORDS: [&str; 5] = ["license", "licence", "copying", "copyright", "notice"];

/// Where a toolchain keeps the licences of the standard library, and the file that lists them all.
const LIBRARY: [&str; 2] = ["share/doc/rust", "COPYRIGHT-library.html"];

/// The copyright of musl. The toolchain has the text of its licence only.
const MUSL: &str = "\
musl, the C library, is under the MIT licence.
Copyright © 2005-2020 Rich Felker, et al.

";

/// The licence files of each crate, of Rust's standard library and of the C library.
pub(super) fn collect(
    workspace: &Workspace,
    crates: &Crates,
    platform: Platform,
    compiler: &Compiler,
) -> Result<Files> {
    let metadata = metadata(workspace, platform)?;
    let mut files = Files::new();
    for name in crates.foreign() {
        files.extend(of_crate(&metadata, name)?);
    }
    let folder = compiler.sysroot.join(LIBRARY[0]);
    let from_toolchain = |name: &str| {
        let file = folder.join(name);
        fs::read_to_string(&file).with_context(|| {
            format!(
                "failed to read {}, the licences of Rust's standard library: use a toolchain that rustup \
                 installs, https://rustup.rs",
                file.display()
            )
        })
    };
    files.insert(
        format!("licenses/rust-standard-library/{}", LIBRARY[1]),
        from_toolchain(LIBRARY[1])?.into(),
    );
    if platform.linking == Linking::Musl {
        let text = from_toolchain("licenses/MIT.txt")?;
        files.insert(
            "licenses/musl/COPYRIGHT".to_owned(),
            [MUSL, &text].concat().into(),
        );
    }
    Ok(files)
}

/// Where Cargo has each crate's source.
fn metadata(workspace: &Workspace, platform: Platform) -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command
        .manifest_path(workspace.root().join("Cargo.toml"))
        .other_options(
            [
                "--locked",
                "--filter-platform",
                TARGET,
                "--filter-platform",
                platform.triple,
            ]
            .map(String::from),
        );
    command.exec().context("failed to find the crates' sources")
}

/// The files of a crate that state its licence.
fn of_crate(metadata: &Metadata, (name, version): &Name) -> Result<Files> {
    let mut packages = metadata.packages.iter();
    let package = packages
        .find(|package| package.name.as_str() == name && package.version.to_string() == *version)
        .with_context(|| format!("Cargo has no source of {name} {version}"))?;
    let folder = package
        .manifest_path
        .parent()
        .context("a manifest lies in a folder")?;
    let files = in_folder(folder.as_std_path(), &format!("licenses/{name}-{version}"))?;
    ensure!(
        !files.is_empty(),
        "{name} {version} comes without the text of its licence: no file of {folder} is named like one"
    );
    Ok(files)
}

/// The files that state a licence, to lie in the folder `name`.
fn in_folder(folder: &Path, name: &str) -> Result<Files> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))?;
    let mut files = Files::new();
    for entry in entries {
        let path = entry?.path();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        let lower = file_name.to_lowercase();
        if WORDS.iter().any(|word| lower.contains(word)) {
            files.extend(tree::read(&path, &format!("{name}/{file_name}"))?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::in_folder;

    #[test]
    fn licences_are_found_by_their_names() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("LICENSES"))?;
        let names = ["MIT-LICENSE", "LICENSES/MIT", "UNLICENSE", "copying.txt"];
        for name in [&names[..], &["README.md"]].concat() {
            fs::write(folder.path().join(name), "text")?;
        }
        let files = in_folder(folder.path(), "licenses/some-1.0.0")?;
        let mut expected = names.map(|name| format!("licenses/some-1.0.0/{name}"));
        expected.sort();
        assert!(files.keys().eq(&expected), "{:?}", files.keys());
        Ok(())
    }
}
