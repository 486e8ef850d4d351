// SPDX-License-Identifier: BSD-2-Clause

//! Measures images of other loaders.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use kaal_harness::qemu::{BootCost, Machine};
use kaal_harness::workspace::Workspace;

use super::row::{Limits, Row};

/// Measures the ELF files in `folder`, up to the kernel's first instruction at `end`.
pub(super) fn measure(
    workspace: &Workspace,
    folder: &Path,
    machine: &Machine,
    end: u64,
) -> Result<Vec<Row>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).context("--peers: a folder expected")? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "elf") {
            files.push(file);
        }
    }
    ensure!(
        !files.is_empty(),
        "--peers: images of other loaders expected, found no *.elf in {}",
        folder.display()
    );
    files.sort();
    let rows = files.iter().map(|file| {
        let cost = BootCost::until(end, &workspace.counter(), || machine.booting(file));
        let cost = cost.with_context(|| {
            let file = file.display();
            format!("--peers: {file}: an image with the same kernel as KaaL's expected")
        })?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Row::new(name.into_owned(), cost, Limits::default()))
    });
    rows.collect()
}
