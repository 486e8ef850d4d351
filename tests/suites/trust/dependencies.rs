// SPDX-License-Identifier: BSD-2-Clause

//! `docs/dependencies.md` lists exactly the crates of the loader, the unpacker and the UEFI stub, and those of the web
//! server, with versions, so that none comes in unnoticed.

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

/// The libraries of the web server.
const WEB: [&str; 3] = ["kaal-web", "kaal-disk", "kaal-stack"];

/// The tables list the crates in the programs, and those that run to build them: derive macros, build
/// scripts and their dependencies. The tables of the web server leave out what the others list.
pub(crate) fn are_listed(root: &Path) -> Result<()> {
    let metadata = crates::resolved(root, &[TARGET])?;
    let mut listed = Rows::new();
    let mut complaints = Vec::new();
    for (packages, headings) in [
        (
            &PACKAGES[..],
            ["In the programs", "On the machine that builds them"],
        ),
        (
            &WEB[..],
            [
                "In the web server",
                "On the machine that builds the web server",
            ],
        ),
    ] {
        for (heading, edges) in headings
            .into_iter()
            .zip(["normal,no-proc-macro", "normal,build"])
        {
            let mut expected = rows(&resolve(root, &metadata, packages, edges)?)?;
            expected.retain(|name, _| !listed.contains_key(name));
            let found = table::read(root, DOCUMENT, heading)?;
            complaints.extend(table::differences(&found, &expected));
            listed.extend(expected);
        }
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
    for package in resolve(root, &metadata, &PACKAGES, "normal,no-proc-macro")? {
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

/// The packages that `packages` are built from, with all features, along Cargo's `edges`.
fn resolve<'a>(
    root: &Path,
    metadata: &'a Metadata,
    packages: &[&str],
    edges: &str,
) -> Result<Vec<&'a Package>> {
    let mut options = vec!["--all-features", "--target", TARGET, "--edges", edges];
    for package in packages {
        options.extend(["--package", *package]);
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
