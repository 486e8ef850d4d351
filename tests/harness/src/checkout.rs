// SPDX-License-Identifier: BSD-2-Clause

//! Copies of the checkout, for tests that change sources.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// The folder that a copy has of its own.
const OWN: &str = "root-task";

/// Makes a copy of the checkout in the new folder `copy`. It has its own sources of the root task, and shares
/// everything else, also what is built.
///
/// # Errors
///
/// Fails if a file can't be read or written.
pub fn copy(workspace: &Workspace, copy: &Path) -> Result<()> {
    fs::create_dir_all(copy).with_context(|| format!("failed to create {}", copy.display()))?;
    for entry in fs::read_dir(workspace.root())? {
        let entry = entry?;
        let to = copy.join(entry.file_name());
        match entry.file_name().to_str() {
            Some("target" | ".git") => {}
            // Cargo also reads the settings of folders above, and would take each flag twice.
            Some(".cargo") if copy.starts_with(workspace.root()) => {}
            Some(OWN) => copy_folder(&entry.path(), &to)?,
            _ => symlink(entry.path(), to)?,
        }
    }
    Ok(symlink(workspace.target(), copy.join("target"))?)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &to)?,
            false => drop(fs::copy(entry.path(), to)?),
        }
    }
    Ok(())
}
