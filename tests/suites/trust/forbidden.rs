// SPDX-License-Identifier: BSD-2-Clause

//! Crates without unsafe code forbid it, so that the compiler refuses it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::unsafe_code::{files, is_in, read};

const FORBIDDING: &str = "#![forbid(unsafe_code)]";

/// Every program and library forbids it, or has its row in the list of unsafe code.
pub(crate) fn elsewhere(root: &Path) -> Result<()> {
    let mut lacking = Vec::new();
    for package in packages(root)? {
        let sources = package.join("src");
        if !sources.is_dir() || is_in(&sources)? {
            continue;
        }
        for path in files(&sources)? {
            if is_root(&sources, &path) && !read(&path)?.contains(FORBIDDING) {
                lacking.push(path.strip_prefix(root)?.display().to_string());
            }
        }
    }
    ensure!(
        lacking.is_empty(),
        "no unsafe code, but no {FORBIDDING} either: {}",
        lacking.join(", ")
    );
    Ok(())
}

/// Whether the source at `path` is the root of a crate.
fn is_root(sources: &Path, path: &Path) -> bool {
    let is_program = path.parent() == Some(&sources.join("bin"));
    is_program
        || ["lib.rs", "main.rs"]
            .iter()
            .any(|name| path == sources.join(name))
}

/// Folders without packages of this project: Cargo's, and the template, which belongs to its user.
const OTHERS: [&str; 2] = ["target", "template"];

/// The folders of all packages below a folder.
fn packages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut packages = Vec::new();
    if folder.join("Cargo.toml").is_file() {
        packages.push(folder.to_owned());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !OTHERS.contains(&&*name) && !name.starts_with('.') {
            packages.extend(self::packages(&path)?);
        }
    }
    Ok(packages)
}
