// SPDX-License-Identifier: BSD-2-Clause

//! `docs/dependencies.md` lists exactly the crates of the loader, the unpacker and the UEFI stub, with versions, so
//! that none comes in unnoticed.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, Package};
use kaal_harness::crates;
use kaal_harness::workspace::Program;

use crate::table::{self, Rows};
use crate::unsafe_code;

const DOCUMENT: &str = "docs/dependencies.md";

const TARGET: &str = "aarch64-unknown-none";

/// The packages of the programs.
const PACKAGES: [&str; 3] = [
    Program::Loader.package(),
    Program::Unpacker.package(),
    Program::EfiStub.package(),
];

/// The tables list the crates in the programs, and those that run to build them: derive macros, build
/// scripts and their dependencies.
pub(crate) fn are_listed(root: &Path) -> Result<()> {
    let metadata = crates::resolved(root, &[TARGET])?;
    let in_programs = rows(&packages(root, &metadata, "normal,no-proc-macro")?)?;
    let mut on_host = rows(&packages(root, &metadata, "normal,build")?)?;
    on_host.retain(|name, _| !in_programs.contains_key(name));
    let mut complaints = Vec::new();
    for (heading, expected) in [
        ("In the programs", &in_programs),
        ("On the machine that builds them", &on_host),
    ] {
        let found = table::read(root, DOCUMENT, heading)?;
        complaints.extend(table::differences(&found, expected));
    }
    ensure!(
        complaints.is_empty(),
        "{DOCUMENT}:\n{}",
        complaints.join("\n")
    );
    Ok(())
}

/// No crate of this workspace in the programs has a build script.
pub(crate) fn own_have_no_build_script(root: &Path) -> Result<()> {
    let metadata = crates::resolved(root, &[TARGET])?;
    for package in packages(root, &metadata, "normal,no-proc-macro")? {
        let is_own = package.source.is_none();
        ensure!(
            !(is_own && has_build_script(package)),
            "{} has a build script",
            package.name
        );
    }
    Ok(())
}

/// No package can be published by mistake: none would build without the others.
pub(crate) fn own_are_not_published(root: &Path) -> Result<()> {
    let metadata = crates::resolved(root, &[TARGET])?;
    for package in metadata.workspace_packages() {
        let is_private = package.publish.as_ref().is_some_and(Vec::is_empty);
        ensure!(is_private, "{} could be published", package.name);
    }
    Ok(())
}

/// The packages of the programs, with all features, along Cargo's `edges`.
fn packages<'a>(root: &Path, metadata: &'a Metadata, edges: &str) -> Result<Vec<&'a Package>> {
    let mut options = vec!["--all-features", "--target", TARGET, "--edges", edges];
    for package in PACKAGES {
        options.extend(["--package", package]);
    }
    let tree = crates::tree(root, &options)?;
    let packages = metadata.packages.iter();
    let packages: Vec<_> = packages
        .filter(|package| tree.contains(&crates::name(package)))
        .collect();
    ensure!(
        packages.len() == tree.len(),
        "`cargo metadata` lacks crates of `cargo tree`"
    );
    Ok(packages)
}

/// The rows of all foreign packages.
fn rows(packages: &[&Package]) -> Result<Rows> {
    let yes_or_no = |is: bool| if is { "yes" } else { "no" };
    let mut rows = Rows::new();
    for package in packages.iter().filter(|package| package.source.is_some()) {
        let folder = package
            .manifest_path
            .parent()
            .context("a manifest lies in a folder")?;
        let has_unsafe_code = unsafe_code::is_in(&folder.join("src").into_std_path_buf())?;
        let key = format!("`{} {}`", package.name, package.version);
        let cells = [has_build_script(package), has_unsafe_code].map(yes_or_no);
        rows.insert(key, cells.map(String::from).to_vec());
    }
    Ok(rows)
}

fn has_build_script(package: &Package) -> bool {
    package
        .targets
        .iter()
        .any(|target| target.is_custom_build())
}
