// SPDX-License-Identifier: BSD-2-Clause

//! Takes the source of `core` from Debian's package `rust-src`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use fs_err as fs;

use super::apt::{self, Apt};
use super::compiler::Compiler;

const PACKAGE: &str = "rust-src";

/// Debian's names for releases that stay the same over the years, the likeliest first.
const RELEASES: [&str; 7] = [
    "testing",
    "unstable",
    "stable",
    "stable-backports",
    "experimental",
    "oldstable",
    "oldstable-backports",
];

/// Adds the source of `core` that fits `compiler` to its toolchain.
pub(super) fn unpack(compiler: &Compiler) -> Result<()> {
    let destination = compiler.source();
    fs::create_dir_all(&destination)?;
    // Beside the destination, so that one rename puts the unpacked folder in place.
    let scratch = tempfile::tempdir_in(&destination)?;
    let (apt, package) = find(&compiler.release(), scratch.path())?;
    let unpacked = scratch.path().join("unpacked");
    apt.unpack(&[package], &unpacked)?;
    let library = find_library(&unpacked.join("usr/src"))?;
    Ok(fs::rename(library, destination.join("library"))?)
}

/// Finds the package of an upstream release, and the archive that has it.
fn find(release: &str, scratch: &Path) -> Result<(Apt, String)> {
    let mut tried = String::new();
    for mirror in apt::mirrors()? {
        for suite in RELEASES {
            let versions = Apt::of_suite(&mirror, suite, &scratch.join(suite))
                .and_then(|apt| Ok((apt.versions(PACKAGE)?, apt)));
            let found = match versions {
                Ok((versions, apt)) => match versions.iter().find(|found| fits(found, release)) {
                    Some(version) => return Ok((apt, format!("{PACKAGE}={version}"))),
                    None => versions.join(", "),
                },
                Err(error) => format!("{error:#}"),
            };
            tried += &format!("\n    {mirror} {suite}: {found}");
        }
    }
    bail!("{PACKAGE} {release} expected on a mirror of this machine, found:{tried}");
}

/// Whether a Debian version such as `1.97.1+dfsg1-1` belongs to the upstream release `1.97`.
fn fits(version: &str, release: &str) -> bool {
    let rest = version.strip_prefix(release);
    rest.is_some_and(|rest| rest.starts_with('.'))
}

fn find_library(sources: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(sources)? {
        let library = entry?.path().join("library");
        if library.join("core/Cargo.toml").is_file() {
            return Ok(library);
        }
    }
    bail!("the package {PACKAGE} has no library/core");
}
