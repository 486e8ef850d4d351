// SPDX-License-Identifier: BSD-2-Clause

//! Takes the source of `core` from Debian's package `rust-src`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use kaal_harness::process;

use super::apt::{Apt, Package};
use super::compiler::Compiler;

const PACKAGE: &str = "rust-src";

/// Releases by the names that outlive each of them, the likeliest first.
const RELEASES: [&str; 7] = [
    "testing",
    "unstable",
    "stable",
    "stable-backports",
    "experimental",
    "oldstable",
    "oldstable-backports",
];

/// Puts the source of `core` that fits `compiler` into its toolchain.
pub(super) fn unpack(compiler: &Compiler) -> Result<()> {
    let destination = compiler.source();
    fs::create_dir_all(&destination)
        .with_context(|| format!("failed to create {}", destination.display()))?;
    // Beside the destination, so that one rename puts the unpacked folder in place.
    let scratch = tempfile::tempdir_in(&destination)
        .with_context(|| format!("failed to write to {}", destination.display()))?;
    let (apt, package) = find(&compiler.release(), scratch.path())?;
    let unpacked = scratch.path().join("unpacked");
    apt.unpack(&[package], &unpacked)?;
    let library = find_library(&unpacked.join("usr/src"))?;
    fs::rename(&library, destination.join("library"))
        .with_context(|| format!("failed to move {} into place", library.display()))
}

/// Finds the package of an upstream release, and the archive that has it.
fn find(release: &str, scratch: &Path) -> Result<(Apt, Package)> {
    let mut tried = Vec::new();
    for mirror in mirrors()? {
        for suite in RELEASES {
            let apt = Apt::of_suite(&mirror, suite, &scratch.join(suite));
            let versions = apt.and_then(|apt| Ok((apt.versions(PACKAGE)?, apt)));
            match versions {
                Ok((versions, apt)) => {
                    if let Some(version) = versions.iter().find(|version| fits(version, release)) {
                        let package = Package {
                            name: PACKAGE.to_owned(),
                            version: version.clone(),
                        };
                        return Ok((apt, package));
                    }
                    tried.push(format!("{mirror} {suite}: {}", versions.join(", ")));
                }
                Err(error) => tried.push(format!("{mirror} {suite}: {error:#}")),
            }
        }
    }
    bail!(
        "{PACKAGE} {release} expected on a mirror of this machine, found:\n    {}",
        tried.join("\n    ")
    );
}

/// The mirrors that the machine takes packages from.
fn mirrors() -> Result<Vec<String>> {
    let targets = process::read(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(SITE) $(RELEASE)",
    ]))?;
    Ok(mirrors_of(&targets))
}

/// The mirrors in lines of mirror and release, without those of security updates only.
fn mirrors_of(targets: &str) -> Vec<String> {
    let mut mirrors: Vec<String> = targets
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, release)| !release.contains("-security"))
        .map(|(mirror, _)| mirror.to_owned())
        .collect();
    mirrors.sort();
    mirrors.dedup();
    mirrors
}

/// Whether a Debian version such as `1.97.1+dfsg1-1` is one of the upstream release `1.97`.
fn fits(version: &str, release: &str) -> bool {
    version
        .strip_prefix(release)
        .is_some_and(|rest| rest.starts_with('.'))
}

fn find_library(sources: &Path) -> Result<PathBuf> {
    let entries =
        fs::read_dir(sources).with_context(|| format!("failed to read {}", sources.display()))?;
    for entry in entries {
        let library = entry?.path().join("library");
        if library.join("core/Cargo.toml").is_file() {
            return Ok(library);
        }
    }
    bail!("the package {PACKAGE} holds no library/core");
}

#[cfg(test)]
mod tests {
    use super::{fits, mirrors_of};

    #[test]
    fn only_versions_of_the_same_release_fit() {
        assert!(fits("1.97.1+dfsg1-1", "1.97"));
        assert!(!fits("1.98.0+dfsg1-1", "1.97"));
        assert!(!fits("1.970.0-1", "1.97"));
    }

    #[test]
    fn mirrors_are_named_once_and_without_security_updates() {
        let targets = "http://b/debian sid\nhttp://a/debian sid-updates\nhttp://b/debian sid\n\
                       http://a/security sid-security\n";
        assert_eq!(mirrors_of(targets), ["http://a/debian", "http://b/debian"]);
    }
}
