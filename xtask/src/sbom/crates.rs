// SPDX-License-Identifier: BSD-2-Clause

//! Finds the crates that are linked into each program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use fs_err as fs;
use kaal_harness::process;
use kaal_harness::workspace::{Program, Workspace};
use serde::Deserialize;

use crate::build::cargo;
use crate::setup::TARGET;

/// The packages of all released programs, and whether they run on the target.
const PROGRAMS: [(&str, bool); 5] = [
    (Program::Loader.package(), true),
    (Program::Unpacker.package(), true),
    (Program::Probe.package(), true),
    (Program::ProbeTask.package(), true),
    (Workspace::BUILDER, false),
];

/// The name and version of a crate.
pub(crate) type Name = (String, String);

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
            programs.push((package, names(&tree(workspace, package, target)?)));
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

    let mut options = vec!["--locked".to_owned()];
    if host != "all" {
        options.extend([TARGET, host].map(|triple| format!("--filter-platform={triple}")));
    }
    let mut command = MetadataCommand::new();
    command.manifest_path(workspace.root().join("Cargo.toml"));
    let metadata = command.other_options(options).exec();
    let metadata = metadata.context("failed to find the crates' sources")?;
    let packages = metadata.packages.into_iter().map(|package| {
        let name = (package.name.to_string(), package.version.to_string());
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

/// The output of `cargo tree` for what is linked into `package`. `cargo metadata` unites the features of all packages
/// and of build scripts, so its graph names crates that no program holds.
fn tree(workspace: &Workspace, package: &str, target: &str) -> Result<String> {
    let options = "tree --locked --prefix none --format {p} --edges normal,no-proc-macro";
    let mut command = cargo(workspace);
    command.args(options.split(' '));
    process::read(command.args(["--package", package, "--target", target]))
}

/// The crates in lines like `crc v3.4.0`. The lines of this workspace's crates end with a folder.
fn names(tree: &str) -> BTreeSet<Name> {
    let name = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    };
    tree.lines().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn crates_are_named_once_without_folders() {
        let tree = "kaal-unpacker v0.1.0 (/some/folder)\ncrc v3.4.0\ncrc v3.4.0 (*)\n";
        let expected = [("crc", "3.4.0"), ("kaal-unpacker", "0.1.0")];
        let expected = expected.map(|(name, version)| (name.to_owned(), version.to_owned()));
        assert!(names(tree).into_iter().eq(expected));
    }
}
