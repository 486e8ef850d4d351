// SPDX-License-Identifier: BSD-2-Clause

//! A copy of the checkout, for tests that change sources.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::folder;
use crate::workspace::Workspace;

/// The folder of which the copy has its own files; it shares those of the other folders.
const OWN: &str = "root-task";

/// Makes a copy of the checkout anew, and returns its folder. What Cargo builds there stays for the next copy. It is
/// apart from what Cargo builds here, because Cargo doesn't tell equal packages of two checkouts apart.
///
/// # Errors
///
/// Fails if a file can't be read or written.
pub fn copy(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.root().join("target/copy");
    let copy = folder.join("checkout");
    match fs::remove_dir_all(&copy) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(&copy).and_then(|()| fill(workspace.root(), &copy)),
    }
    .with_context(|| format!("failed to make {}", copy.display()))?;
    let built = folder.join("target");
    fs::create_dir_all(&built)?;
    symlink(built, copy.join("target"))?;
    Ok(copy)
}

fn fill(root: &Path, copy: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let to = copy.join(entry.file_name());
        match entry.file_name().to_str() {
            // Cargo also reads the settings of the folders above, and would take each flag twice.
            Some("target" | ".git" | ".cargo") => {}
            Some(OWN) => folder::copy(&entry.path(), &to, &[])?,
            _ => symlink(entry.path(), to)?,
        }
    }
    Ok(())
}
