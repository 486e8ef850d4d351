// SPDX-License-Identifier: BSD-2-Clause

//! Finds the crates that programs are linked of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result};
use kaal_harness::process;
use kaal_harness::workspace::{Program, Workspace};

use crate::build::cargo;
use crate::setup::TARGET;

/// The packages whose programs are released, and whether they run on the target.
const PROGRAMS: [(&str, bool); 5] = [
    (Program::Loader.package(), true),
    (Program::Unpacker.package(), true),
    (Program::Probe.package(), true),
    (Program::ProbeTask.package(), true),
    (Workspace::BUILDER, false),
];

/// Separates what `cargo tree` says of a crate.
const SEPARATOR: char = '|';

/// A crate: its name and version.
pub(crate) type Name = (String, String);

/// Programs, and the crates that each is linked of.
#[derive(Default)]
pub(crate) struct Crates {
    pub(super) programs: Vec<(&'static str, BTreeSet<Name>)>,
    /// All of them, with their licences.
    pub(super) licenses: BTreeMap<Name, String>,
    /// The SHA-256 of each crate's archive. The project's own crates have none.
    pub(super) checksums: BTreeMap<Name, String>,
}

impl Crates {
    /// Reads them for a builder that runs on `host`, a target triple or `all`.
    pub(crate) fn read(workspace: &Workspace, host: &str) -> Result<Self> {
        let lock = fs::read_to_string(workspace.root().join("Cargo.lock"))
            .context("failed to read Cargo.lock")?;
        let mut crates = Self {
            checksums: read_checksums(&lock),
            ..Self::default()
        };
        for (package, on_target) in PROGRAMS {
            let target = if on_target { TARGET } else { host };
            crates.add(package, &read_tree(workspace, package, target)?);
        }
        Ok(crates)
    }

    /// The crates of other projects.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = &Name> {
        let names = self.licenses.keys();
        names.filter(|name| self.checksums.contains_key(name))
    }

    /// Adds a program, by lines like `crc v3.4.0|MIT OR Apache-2.0`. Those of the workspace name a folder as well.
    fn add(&mut self, program: &'static str, tree: &str) {
        let lines = tree.lines().filter_map(|line| {
            let (name, license) = line.split_once(SEPARATOR)?;
            let (name, rest) = name.split_once(" v")?;
            let version = rest.split(' ').next()?;
            let license = license.trim_end_matches("(*)").trim_end();
            Some(((name.to_owned(), version.to_owned()), license.to_owned()))
        });
        let crates: BTreeMap<_, _> = lines.collect();
        let names = crates.keys().cloned().collect();
        self.programs.push((program, names));
        self.licenses.extend(crates);
    }
}

/// `cargo tree` of what `package` is linked of for `target`.
fn read_tree(workspace: &Workspace, package: &str, target: &str) -> Result<String> {
    let mut command = cargo(workspace);
    command.args(["tree", "--locked", "--prefix", "none"]);
    command.args(["--edges", "normal,no-proc-macro", "--package", package]);
    command
        .arg("--format")
        .arg(format!("{{p}}{SEPARATOR}{{l}}"));
    process::read(command.args(["--target", target]))
}

fn read_checksums(lock: &str) -> BTreeMap<Name, String> {
    let field = |package: &str, name: &str| {
        let start = format!("{name} = \"");
        let line = package.lines().find_map(|line| line.strip_prefix(&start))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    lock.split("[[package]]")
        .filter_map(|package| {
            let name = (field(package, "name")?, field(package, "version")?);
            Some((name, field(package, "checksum")?))
        })
        .collect()
}

#[cfg(test)]
impl Crates {
    /// A program as Cargo describes it.
    pub(super) fn of(program: &'static str, tree: &str, lock: &str) -> Self {
        let mut crates = Self {
            checksums: read_checksums(lock),
            ..Self::default()
        };
        crates.add(program, tree);
        crates
    }
}
