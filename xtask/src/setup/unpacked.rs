// SPDX-License-Identifier: BSD-2-Clause

//! Debian's programs in a folder, with the libraries that the machine lacks.

use std::collections::BTreeSet;
use std::env;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;
use kaal_harness::process;
use kaal_harness::tools::Relocation;
use walkdir::WalkDir;

use super::apt::Apt;

/// The folders of programs in a package. Chromium's is first: `usr/bin` has a script that starts it by its absolute
/// path.
const PROGRAMS: [&str; 4] = ["usr/lib/chromium", "usr/bin", "usr/sbin", "sbin"];

/// Unpacks `packages` to a folder in `tools`, and writes scripts that start the programs `names` to `tools/bin`.
pub(super) fn provide(
    tools: &Path,
    packages: &str,
    names: &[&str],
    variables: Relocation,
) -> Result<()> {
    let apt = Apt::new(&tools.join("apt"), None)?;
    let scratch = tempfile::tempdir_in(tools)?;
    let whole = scratch.path().join("whole");
    apt.unpack(&apt.missing_for(packages)?, &whole)?;
    let folder = tools.join(packages.replace(' ', "+"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&whole, &folder)?;
    let mut environment = format!("LD_LIBRARY_PATH={}", quoted(&libraries(&folder)?));
    for (name, path) in variables {
        environment += &format!(" {name}={}", quoted(&folder.join(path)));
    }
    start(&folder, &tools.join("bin"), names, &environment)
}

/// Writes scripts to `bin` that start those of the programs `names` that `folder` has.
fn start(folder: &Path, bin: &Path, names: &[&str], environment: &str) -> Result<()> {
    fs::create_dir_all(bin)?;
    for name in names {
        let mut files = PROGRAMS.iter().map(|place| folder.join(place).join(name));
        if let Some(program) = files.find(|file| file.is_file()) {
            let program = quoted(&program);
            let script = format!("#!/bin/sh\n{environment} exec {program} \"$@\"\n");
            let starter = bin.join(name);
            fs::write(&starter, script)?;
            fs::set_permissions(&starter, Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}

/// The path as one word of a shell command.
fn quoted(path: &Path) -> String {
    process::quoted(&path.display().to_string())
}

/// The folders of libraries in `folder`, for `LD_LIBRARY_PATH`. Packages may keep theirs in folders of any name.
fn libraries(folder: &Path) -> Result<PathBuf> {
    let mut found = BTreeSet::new();
    // Links may lead out of the folder, so they aren't followed.
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        if !entry.file_type().is_dir() && name.starts_with("lib") && name.contains(".so") {
            found.extend(entry.path().parent().map(Path::to_owned));
        }
    }
    Ok(env::join_paths(found)?.into())
}
