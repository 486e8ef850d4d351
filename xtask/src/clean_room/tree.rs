// SPDX-License-Identifier: BSD-2-Clause

//! Makes the Debian tree that each room begins with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use fs_err as fs;
use kaal_harness::process;
use kaal_harness::tools::DEBOOTSTRAP;
use kaal_harness::workspace::Workspace;

use crate::setup;

/// The packages that README.md asks for, besides rustup.
const PACKAGES: &str = "--include=ca-certificates,git,gcc,libc6-dev";

/// Debian's release if this machine has another distribution.
const SUITE: &str = "stable";

/// Finds the tree in `folder`, or makes it, which takes a minute.
pub(super) fn provide(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let tree = folder.join("debian");
    if tree.exists() {
        return Ok(tree);
    }
    fs::create_dir_all(folder)?;
    let scratch = tempfile::tempdir_in(folder)?;
    let new = scratch.path().join("debian");
    eprintln!("clean room: making a Debian in {}", tree.display());
    let mut debootstrap = Command::new(setup::tool(workspace, &DEBOOTSTRAP)?);
    debootstrap.args(["--variant=minbase", PACKAGES]);
    let (suite, mirror) = release().unwrap_or((SUITE.to_owned(), None));
    process::read(debootstrap.arg(suite).arg(&new).args(mirror))?;
    fs::rename(&new, &tree)?;
    Ok(tree)
}

/// This machine's release of Debian or Ubuntu, and the mirror of its packages.
fn release() -> Option<(String, Option<String>)> {
    let system = fs::read_to_string("/etc/os-release").ok()?;
    let mut lines = system.lines();
    let suite = lines.find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    let mut targets = setup::targets().ok()?.into_iter();
    let target = targets.find(|(_, release)| release == suite);
    Some((suite.to_owned(), target.map(|(mirror, _)| mirror)))
}
