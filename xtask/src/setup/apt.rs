// SPDX-License-Identifier: BSD-2-Clause

//! Downloads packages from the machine's Debian mirror and unpacks them.
//!
//! This installs nothing and doesn't need root: `apt-get` uses its own package lists in a folder. It verifies the
//! archive's signatures as always.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use fs_err as fs;
use kaal_harness::process;

/// The archive's keys, from Debian's package `debian-archive-keyring`.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Package lists in a folder.
pub(super) struct Apt {
    folder: PathBuf,
    /// The file that names the archive; `None` for the machine's archives.
    sources: Option<PathBuf>,
    /// The packages' architecture; `None` for the machine's.
    architecture: Option<&'static str>,
}

impl Apt {
    /// Whether the machine has Debian's package tools.
    pub(super) fn is_there() -> bool {
        process::is_installed("apt-get") && process::is_installed("dpkg-deb")
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

    /// The archive that the line `source` names, or the machine's own archives.
    pub(super) fn new(folder: &Path, source: Option<&str>) -> Result<Self> {
        Self::update(folder, source, None)
    }

    /// The machine's own archives, but for another architecture.
    pub(super) fn of_architecture(folder: &Path, architecture: &'static str) -> Result<Self> {
        Self::update(folder, None, Some(architecture))
    }

    fn update(
        folder: &Path,
        source: Option<&str>,
        architecture: Option<&'static str>,
    ) -> Result<Self> {
        for part in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let sources = source.map(|source| {
            let file = folder.join("sources.list");
            fs::write(&file, source).map(|()| file)
        });
        let apt = Self {
            folder: folder.to_owned(),
            sources: sources.transpose()?,
            architecture,
        };
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

    /// Those of `packages` and their dependencies that the machine lacks, like `libfdt1=1.6.1`. If it lacks any, all of
    /// `packages`, because they look for each other's files beside their own.
    pub(super) fn missing_for(&self, packages: &str) -> Result<Vec<String>> {
        let simulate = |options: &[&str]| {
            let mut simulation = self.command("apt-get");
            simulation.args(["--simulate", "--no-install-recommends"]);
            simulation.args(options).arg("install");
            simulation.args(packages.split(' '));
            process::read(&mut simulation).map(|plan| to_install(&plan))
        };
        ensure!(
            !simulate(&[])?.is_empty(),
            "{packages}: installed, but no program of them can do the job"
        );
        simulate(&["--reinstall"])
    }

    /// Downloads packages, like `libfdt1=1.6.1`, and unpacks all of them to `destination`.
    pub(super) fn unpack(&self, packages: &[String], destination: &Path) -> Result<()> {
        let scratch = tempfile::tempdir_in(&self.folder)?;
        let mut download = self.command("apt-get");
        download.arg("download").args(packages);
        process::read(download.current_dir(&scratch))?;
        for entry in fs::read_dir(scratch.path())? {
            let mut extract = Command::new("dpkg-deb");
            extract.arg("--extract").arg(entry?.path()).arg(destination);
            process::read(&mut extract)?;
        }
        ensure!(destination.is_dir(), "apt-get downloaded nothing");
        Ok(())
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
        if let Some(architecture) = self.architecture {
            for option in ["Architecture", "Architectures"] {
                command.arg(format!("-oAPT::{option}={architecture}"));
            }
        }
        command
            .env("LC_ALL", "C")
            .arg("-oAPT::Update::Error-Mode=any")
            // The unprivileged user that apt-get downloads as can't enter the folder.
            .arg("-oAPT::Sandbox::User=root");
        command
    }
}

/// The mirror and the release of each archive of this machine's.
pub(crate) fn targets() -> Result<Vec<(String, String)>> {
    let mut apt = Command::new("apt-get");
    apt.args(["indextargets", "--format", "$(SITE) $(RELEASE)"]);
    let targets = process::read(apt.arg("Created-By: Packages"))?;
    let target = |line: &str| {
        let (mirror, release) = line.split_once(' ')?;
        Some((mirror.to_owned(), release.to_owned()))
    };
    Ok(targets.lines().filter_map(target).collect())
}

/// The mirrors of the machine's archives, without those that have only security updates.
pub(super) fn mirrors() -> Result<BTreeSet<String>> {
    let targets = targets()?.into_iter();
    let targets = targets.filter(|(_, release)| !release.contains("-security"));
    Ok(targets.map(|(mirror, _)| mirror).collect())
}

/// The packages in lines like `Inst libfdt1 (1.6.1-4+b1 Debian:12.15/oldstable [amd64])`. If another version is
/// installed, it stands before the parenthesis, in brackets.
fn to_install(simulation: &str) -> Vec<String> {
    let line = |line: &str| {
        let (name, rest) = line.strip_prefix("Inst ")?.split_once(' ')?;
        let (_, version) = rest.split_once('(')?;
        let (version, _) = version.split_once(' ')?;
        Some(format!("{name}={version}"))
    };
    simulation.lines().filter_map(line).collect()
}
