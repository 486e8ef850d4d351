// SPDX-License-Identifier: BSD-2-Clause

//! Finds this machine's archive and unpacks it.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use kaal_harness::process;
use kaal_harness::workspace::Workspace;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// The checksums beside the archives.
const SUMS: &str = "SHA256SUMS";

/// An unpacked archive.
#[derive(Clone)]
pub(crate) struct Unpacked {
    /// The archive's only folder, outside the checkout.
    pub(crate) folder: PathBuf,
    /// The checkout that it was made from.
    pub(crate) checkout: PathBuf,
    _scratch: Arc<TempDir>,
}

impl Unpacked {
    /// Verifies this machine's archive and unpacks it to a temporary folder.
    pub(crate) fn new(workspace: &Workspace) -> Result<Self> {
        let dist = workspace.dist();
        let sums = fs::read_to_string(dist.join(SUMS)).with_context(|| {
            format!(
                "failed to read {SUMS} in {}: run `cargo xtask dist` first",
                dist.display()
            )
        })?;
        let mut lines = sums.lines().filter_map(|line| line.split_once("  "));
        let (sum, archive) = lines
            .find(|(_, name)| is_for_this_machine(name))
            .with_context(|| format!("{SUMS} lists no archive for {ARCH} and {OS}:\n{sums}"))?;
        check(&dist.join(archive), sum)?;

        let scratch = tempfile::tempdir()?;
        let mut tar = Command::new("tar");
        tar.arg("-xf").arg(dist.join(archive));
        process::run(tar.arg("-C").arg(scratch.path()))?;
        let name = archive.trim_end_matches(".tar.gz");
        let entries: Vec<_> = fs::read_dir(scratch.path())?.collect::<Result<_, _>>()?;
        ensure!(
            entries.len() == 1 && scratch.path().join(name).is_dir(),
            "one folder {name} expected in {archive}, found {} entries",
            entries.len()
        );
        Ok(Self {
            folder: scratch.path().join(name),
            checkout: workspace.root().to_owned(),
            _scratch: Arc::new(scratch),
        })
    }

    /// The paths of all files, relative to the folder.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        find(&self.folder, &mut files)?;
        files.sort();
        let relative = |file: &PathBuf| Ok(file.strip_prefix(&self.folder)?.to_owned());
        files.iter().map(relative).collect()
    }

    /// The content of a file.
    pub(crate) fn read(&self, file: impl AsRef<Path>) -> Result<Vec<u8>> {
        let file = self.folder.join(file);
        fs::read(&file).with_context(|| format!("failed to read {}", file.display()))
    }

    /// The content of a text file.
    pub(crate) fn text(&self, file: &str) -> Result<String> {
        String::from_utf8(self.read(file)?).with_context(|| format!("{file} is no text"))
    }
}

/// Whether the builder in the archive with this name runs on this machine.
fn is_for_this_machine(name: &str) -> bool {
    let system = if OS == "macos" { "darwin" } else { OS };
    name.contains(&format!("-{ARCH}-")) && name.contains(&format!("-{system}"))
}

/// Fails if an archive's checksum is not `expected`.
fn check(archive: &Path, expected: &str) -> Result<()> {
    let content =
        fs::read(archive).with_context(|| format!("failed to read {}", archive.display()))?;
    let sum: String = Sha256::digest(&content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    ensure!(
        sum == expected,
        "{}: the SHA-256 {expected} expected, found {sum}",
        archive.display()
    );
    Ok(())
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => find(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
