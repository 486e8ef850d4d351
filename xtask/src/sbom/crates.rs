// SPDX-License-Identifier: BSD-2-Clause

//! Finds the crates that are linked into each program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use fs_err as fs;
use kaal_harness::crates::{self, Name};
use kaal_harness::workspace::{Program, Workspace};
use serde::Deserialize;

use crate::setup::TARGET;

/// The packages of all released programs, and whether they run on the target.
const PROGRAMS: [(&str, bool); 5] = [
    (Program::Loader.package(), true),
    (Program::Unpacker.package(), true),
    (Program::Probe.package(), true),
    (Program::ProbeTask.package(), true),
    (Workspace::BUILDER, false),
];

/// A crate.
#[derive(Default)]
pub(crate) struct Crate {
    pub(super) license: String,
    /// The folder of its source.
    pub(crate) folder: PathBuf,
    /// The SHA-256 of its archive; `None` for crates of this project.
    pub(super) checksum: Option<String>,
}

/// Programs, and the crates that are linked into each.
#[derive(Default)]
pub(crate) struct Crates {
    pub(super) programs: Vec<(&'static str, BTreeSet<Name>)>,
    pub(super) all: BTreeMap<Name, Crate>,
}

/// The part of `Cargo.lock` that `cargo metadata` doesn't tell.
#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

impl Crates {
    /// Finds the crates for a builder that runs on `host`, a target triple or `all`.
    pub(crate) fn read(workspace: &Workspace, host: &str) -> Result<Self> {
        let mut programs = Vec::new();
        for (package, on_target) in PROGRAMS {
            let target = if on_target { TARGET } else { host };
            // Only crates that are linked, not those of build scripts and macros.
            let flags =
                format!("--edges=normal,no-proc-macro --package={package} --target={target}");
            let flags: Vec<_> = flags.split(' ').collect();
            programs.push((package, crates::tree(workspace.root(), &flags)?));
        }
        let is_linked = |name: &Name| programs.iter().any(|(_, names)| names.contains(name));
        let mut all = resolved(workspace, host)?;
        all.retain(|name, _| is_linked(name));
        Ok(Self { programs, all })
    }

    /// The crates of other projects.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = (&Name, &Crate)> {
        self.all.iter().filter(|(_, of)| of.checksum.is_some())
    }
}

/// All crates that Cargo resolves.
fn resolved(workspace: &Workspace, host: &str) -> Result<BTreeMap<Name, Crate>> {
    let lock = fs::read_to_string(workspace.root().join("Cargo.lock"))?;
    let lock: Lock = toml::from_str(&lock).context("failed to read Cargo.lock")?;
    let locked = lock.package.into_iter();
    let checksums = locked.map(|locked| ((locked.name, locked.version), locked.checksum));
    let mut checksums: BTreeMap<Name, Option<String>> = checksums.collect();

    let targets = [TARGET, host];
    let targets = if host == "all" { &[][..] } else { &targets };
    let metadata = crates::resolved(workspace.root(), targets)?;
    let packages = metadata.packages.into_iter().map(|package| {
        let name = crates::name(&package);
        let mut folder = package.manifest_path.into_std_path_buf();
        folder.pop();
        let found = Crate {
            license: package.license.unwrap_or_default(),
            folder,
            checksum: checksums.remove(&name).flatten(),
        };
        (name, found)
    });
    Ok(packages.collect())
}
