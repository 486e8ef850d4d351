// SPDX-License-Identifier: BSD-2-Clause

//! Takes packages from the machine's Debian mirror, to unpack them.
//!
//! Nothing is installed and no right is needed: `apt-get` works on lists of its own in a folder, and checks the
//! archive's signatures as always.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use kaal_harness::process;

/// Where Debian's package `debian-archive-keyring` puts the archive's keys.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Package lists in a folder of their own.
pub(super) struct Apt {
    folder: PathBuf,
    /// The one archive that packages are taken from; `None` for those of the machine.
    sources: Option<PathBuf>,
}

/// A package of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
}

impl Apt {
    /// Whether this is a machine with Debian's package tools.
    pub(super) fn is_there() -> bool {
        ["apt-get", "dpkg-deb"]
            .into_iter()
            .all(process::is_installed)
    }

    /// The archives that the machine takes packages from.
    pub(super) fn of_machine(folder: &Path) -> Result<Self> {
        Self::new(folder, None)
    }

    /// One suite of the archive on `mirror`.
    pub(super) fn of_suite(mirror: &str, suite: &str, folder: &Path) -> Result<Self> {
        let signed_by = match Path::new(KEYRING).exists() {
            true => format!(" signed-by={KEYRING}"),
            false => String::new(),
        };
        let source = format!("deb [target=Packages{signed_by}] {mirror} {suite} main\n");
        Self::new(folder, Some(&source))
    }

    fn new(folder: &Path, source: Option<&str>) -> Result<Self> {
        for part in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part))
                .with_context(|| format!("failed to create {}", folder.display()))?;
        }
        let mut apt = Self {
            folder: folder.to_owned(),
            sources: None,
        };
        if let Some(source) = source {
            let file = folder.join("sources.list");
            fs::write(&file, source)
                .with_context(|| format!("failed to write {}", file.display()))?;
            apt.sources = Some(file);
        }
        process::read(apt.command("apt-get").arg("update"))?;
        Ok(apt)
    }

    /// The versions of a package.
    pub(super) fn versions(&self, package: &str) -> Result<Vec<String>> {
        let lines = process::read(self.command("apt-cache").args(["madison", package]))?;
        Ok(lines
            .lines()
            .filter_map(|line| line.split('|').nth(1))
            .map(|version| version.trim().to_owned())
            .collect())
    }

    /// What this machine lacks to run the programs in `packages`, these included.
    pub(super) fn missing_for(&self, packages: &str) -> Result<Vec<Package>> {
        let mut simulation = self.command("apt-get");
        simulation
            .args(["--simulate", "--no-install-recommends", "install"])
            .args(packages.split(' '));
        let missing = to_install(&process::read(&mut simulation)?);
        ensure!(
            !missing.is_empty(),
            "{packages}: installed, but without a program that can do the job"
        );
        Ok(missing)
    }

    /// Downloads packages and unpacks them, one over the other, to `destination`.
    pub(super) fn unpack(&self, packages: &[Package], destination: &Path) -> Result<()> {
        let scratch = tempfile::tempdir_in(&self.folder)
            .with_context(|| format!("failed to write to {}", self.folder.display()))?;
        let names = packages
            .iter()
            .map(|Package { name, version }| format!("{name}={version}"));
        let mut download = self.command("apt-get");
        download.arg("download").args(names);
        process::read(download.current_dir(&scratch))?;
        for entry in fs::read_dir(&scratch)? {
            let mut extract = Command::new("dpkg-deb");
            extract.arg("--extract").arg(entry?.path()).arg(destination);
            process::read(&mut extract)?;
        }
        match destination.is_dir() {
            true => Ok(()),
            false => bail!("apt-get downloaded nothing"),
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let mut set = |name: &str, value: &Path| {
            command.arg(format!("-o{name}={}", value.display()));
        };
        set("Dir::State::lists", &self.folder.join("lists"));
        set("Dir::Cache", &self.folder.join("cache"));
        if let Some(sources) = &self.sources {
            set("Dir::Etc::sourcelist", sources);
            set("Dir::Etc::sourceparts", Path::new("none"));
        }
        command
            .env("LC_ALL", "C")
            .arg("-oAPT::Update::Error-Mode=any")
            // The unprivileged user that apt-get downloads as can't enter the folder.
            .arg("-oAPT::Sandbox::User=root");
        command
    }
}

/// The packages in lines like `Inst libfdt1 (1.6.1-4+b1 Debian:12.15/oldstable [amd64])`; where another version is
/// installed, that stands before in brackets.
fn to_install(simulation: &str) -> Vec<Package> {
    let line = |line: &str| {
        let (name, rest) = line.strip_prefix("Inst ")?.split_once(' ')?;
        let (_, version) = rest.split_once('(')?;
        let (version, _) = version.split_once(' ')?;
        Some(Package {
            name: name.to_owned(),
            version: version.to_owned(),
        })
    };
    simulation.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::to_install;

    #[test]
    fn packages_to_install_are_read_from_a_simulation() {
        let simulation = "\
The following packages will be REMOVED:
Remv qemu-utils [1:10.0.2+ds-2]
Inst libfdt1 (1.6.1-4+b1 Debian:12.15/oldstable [amd64])
Inst gdb [12.1-1] (13.1-3 Debian:12.15/oldstable [amd64])
Conf libfdt1 (1.6.1-4+b1 Debian:12.15/oldstable [amd64])
";
        let found = to_install(simulation);
        let found: Vec<_> = found
            .iter()
            .map(|package| (package.name.as_str(), package.version.as_str()))
            .collect();
        assert_eq!(found, [("libfdt1", "1.6.1-4+b1"), ("gdb", "13.1-3")]);
    }
}
