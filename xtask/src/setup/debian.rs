// SPDX-License-Identifier: BSD-2-Clause

//! Takes packages from the machine's Debian mirror.
//!
//! Where a package is only to be unpacked, the machine's own package lists and installed packages
//! stay as they are: `apt-get` works on lists of its own in a temporary folder, and checks the
//! archive's signatures as always.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use kaal_tests::process;

use super::toolchain::Toolchain;

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

/// Where Debian's package `debian-archive-keyring` puts the archive's keys.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Whether this process may install packages.
pub(crate) fn is_root() -> Result<bool> {
    Ok(process::read(Command::new("id").arg("-u"))?.trim() == "0")
}

/// Whether this is a machine with Debian's package tools.
pub(crate) fn has_apt() -> bool {
    process::is_installed("apt-get")
}

/// Installs a package, and what it needs.
pub(crate) fn install(package: &str) -> Result<()> {
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.arg("--quiet=2").args(arguments);
        process::run(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt_get(&["update"])?;
    apt_get(&["--yes", "--no-install-recommends", "install", package])
}

/// Puts the source of `core` that fits the compiler into the toolchain.
pub(crate) fn unpack_rust_source(toolchain: &Toolchain) -> Result<()> {
    let destination = toolchain.source();
    fs::create_dir_all(&destination)
        .with_context(|| format!("failed to create {}", destination.display()))?;
    // Beside the destination, so that one rename puts the unpacked folder in place.
    let scratch = tempfile::tempdir_in(&destination)
        .with_context(|| format!("failed to write to {}", destination.display()))?;
    let package = download("rust-src", &toolchain.release, scratch.path())?;
    let unpacked = scratch.path().join("unpacked");
    process::read(
        Command::new("dpkg-deb")
            .arg("--extract")
            .args([&package, &unpacked]),
    )?;
    let library = find_library(&unpacked.join("usr/src"))?;
    fs::rename(&library, destination.join("library"))
        .with_context(|| format!("failed to move {} into place", library.display()))
}

/// Downloads a package of the given upstream release and returns the file.
fn download(package: &str, release: &str, scratch: &Path) -> Result<PathBuf> {
    let mut tried = Vec::new();
    for mirror in mirrors()? {
        for suite in RELEASES {
            let archive = Archive::new(&mirror, suite, scratch)?;
            match archive.versions(package) {
                Ok(versions) => match versions.iter().find(|version| fits(version, release)) {
                    Some(version) => return archive.download(package, version),
                    None => tried.push(format!("{mirror} {suite}: {}", versions.join(", "))),
                },
                Err(error) => tried.push(format!("{mirror} {suite}: {error:#}")),
            }
        }
    }
    bail!(
        "{package} {release} expected on a mirror of this machine, found:\n    {}",
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
    bail!("the package rust-src holds no library/core");
}

/// One release on one mirror, with package lists of its own.
struct Archive {
    folder: PathBuf,
}

impl Archive {
    fn new(mirror: &str, suite: &str, scratch: &Path) -> Result<Self> {
        let folder = scratch.join(suite);
        for part in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let signed_by = match Path::new(KEYRING).exists() {
            true => format!(" signed-by={KEYRING}"),
            false => String::new(),
        };
        let source = format!("deb [target=Packages{signed_by}] {mirror} {suite} main\n");
        fs::write(folder.join("sources.list"), source)?;
        Ok(Self { folder })
    }

    /// The versions of a package.
    fn versions(&self, package: &str) -> Result<Vec<String>> {
        process::read(self.apt("apt-get").arg("update"))?;
        let lines = process::read(self.apt("apt-cache").args(["madison", package]))?;
        Ok(lines
            .lines()
            .filter_map(|line| line.split('|').nth(1))
            .map(|version| version.trim().to_owned())
            .collect())
    }

    fn download(&self, package: &str, version: &str) -> Result<PathBuf> {
        let name = format!("{package}={version}");
        process::read(self.apt("apt-get").args(["download", &name]))?;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "deb") {
                return Ok(path);
            }
        }
        bail!("apt-get downloaded {name}, but left no file");
    }

    fn apt(&self, program: &str) -> Command {
        let option = |name: &str, value: &str| {
            let path = self.folder.join(value);
            format!("-o{name}={}", path.display())
        };
        let mut command = Command::new(program);
        command
            .current_dir(&self.folder)
            .arg(option("Dir::Etc::sourcelist", "sources.list"))
            .arg(option("Dir::Etc::sourceparts", "none"))
            .arg(option("Dir::State::lists", "lists"))
            .arg(option("Dir::Cache", "cache"))
            .arg("-oAPT::Update::Error-Mode=any")
            // The unprivileged user that apt-get downloads as can't enter the folder.
            .arg("-oAPT::Sandbox::User=root");
        command
    }
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
