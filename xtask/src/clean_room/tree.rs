// SPDX-License-Identifier: BSD-2-Clause

//! Makes the Debian tree that all rooms begin with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use kaal_harness::process;
use kaal_harness::tools::DEBOOTSTRAP;
use kaal_harness::workspace::Workspace;

use crate::setup;

/// What README.md takes for granted, besides rustup.
const PACKAGES: &str = "--include=ca-certificates,git,gcc,libc6-dev";

/// Debian's release where this machine has another distribution.
const SUITE: &str = "stable";

/// The tree.
pub(super) struct Tree(PathBuf);

impl Tree {
    /// Finds the tree in `folder`, or makes it, in a minute.
    pub(super) fn provide(workspace: &Workspace, folder: &Path) -> Result<Self> {
        let tree = folder.join("debian");
        if tree.exists() {
            return Ok(Self(tree));
        }
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to create {}", folder.display()))?;
        let scratch = tempfile::tempdir_in(folder)?;
        let new = scratch.path().join("debian");
        eprintln!("clean room: making a Debian in {}", tree.display());
        let mut debootstrap = Command::new(setup::tool(workspace, &DEBOOTSTRAP)?);
        debootstrap.args(["--variant=minbase", PACKAGES]);
        let (suite, mirror) = release().unwrap_or((SUITE.to_owned(), None));
        debootstrap.arg(suite).arg(&new).args(mirror);
        process::read(&mut debootstrap)?;
        fs::rename(&new, &tree).with_context(|| format!("failed to create {}", tree.display()))?;
        Ok(Self(tree))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }
}

/// This machine's release of Debian or Ubuntu, and the mirror that it takes packages from.
fn release() -> Option<(String, Option<String>)> {
    let system = fs::read_to_string("/etc/os-release").ok()?;
    let suite = system
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    let format = [
        "indextargets",
        "--format",
        "$(RELEASE) $(SITE)",
        "Created-By: Packages",
    ];
    let targets = process::read(Command::new("apt-get").args(format)).ok()?;
    let mirror = targets.lines().find_map(|line| {
        let (release, site) = line.split_once(' ')?;
        (release == suite).then(|| site.to_owned())
    });
    Some((suite.to_owned(), mirror))
}
