// SPDX-License-Identifier: BSD-2-Clause

//! Debian's firmwares for QEMU's virt machine, and how each starts an image.

mod chains;
mod environment;
mod flash;
mod lock;
mod start;
mod variables;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

pub use chains::{Chain, Compression, Integrity, Level, Outcome};
pub use environment::u_boot_environment;
pub use flash::Flash;
pub use lock::{KEY_NAME, Key, Lock};
pub use start::{IMAGE, Start, typed_in_u_boot, u_boot_command};
pub use variables::{Enrolled, enroll, is_enforced};

/// A project that makes firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Project {
    /// UEFI firmware.
    Edk2,
    /// U-Boot.
    UBoot,
}

/// A release of Debian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debian {
    /// Debian 12.
    Bookworm,
    /// Debian 13.
    Trixie,
}

/// A firmware of a release of Debian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Firmware {
    /// Its project.
    pub project: Project,
    /// The release, which decides on its version.
    pub debian: Debian,
}

impl Project {
    /// Debian's package with the firmware.
    pub fn package(self) -> &'static str {
        match self {
            Self::Edk2 => "qemu-efi-aarch64",
            Self::UBoot => "u-boot-qemu",
        }
    }

    /// The firmware, relative to the root folder of the package's files.
    pub fn file(self) -> &'static str {
        match self {
            Self::Edk2 => "usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
            Self::UBoot => "usr/lib/u-boot/qemu_arm64/u-boot.bin",
        }
    }
}

impl Debian {
    /// All releases.
    pub const ALL: [Self; 2] = [Self::Bookworm, Self::Trixie];

    /// The name of the release in archives.
    pub fn suite(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        }
    }

    /// The folder to which `cargo xtask` unpacks the release's firmwares.
    pub fn folder(self, workspace: &Workspace) -> PathBuf {
        workspace.tools().join("firmwares").join(self.suite())
    }

    /// Whether this machine runs the release.
    fn is_this_machine(self) -> bool {
        let line = format!("VERSION_CODENAME={}", self.suite());
        let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
        system.lines().any(|other| other == line)
    }
}

impl Firmware {
    /// All firmwares.
    pub const ALL: [Self; 4] = [
        Self::of(Project::Edk2, Debian::Bookworm),
        Self::of(Project::Edk2, Debian::Trixie),
        Self::of(Project::UBoot, Debian::Bookworm),
        Self::of(Project::UBoot, Debian::Trixie),
    ];

    /// A firmware.
    pub const fn of(project: Project, debian: Debian) -> Self {
        Self { project, debian }
    }

    /// Its name and version.
    pub fn name(self) -> &'static str {
        match (self.project, self.debian) {
            (Project::Edk2, Debian::Bookworm) => "edk2 2022.11",
            (Project::Edk2, Debian::Trixie) => "edk2 2025.02",
            (Project::UBoot, Debian::Bookworm) => "U-Boot 2023.01",
            (Project::UBoot, Debian::Trixie) => "U-Boot 2025.01",
        }
    }

    /// Its name and version, as a part of a test's name.
    pub fn test_name(self) -> String {
        self.name().to_lowercase().replace(['-', ' ', '.'], "_")
    }

    /// Finds the root folder of the package's files: the folder of `cargo xtask`, or that of a machine with the
    /// release.
    pub fn root(self) -> Option<PathBuf> {
        let workspace = Workspace::locate().ok()?;
        let system = self.debian.is_this_machine().then(|| PathBuf::from("/"));
        let roots = [Some(self.debian.folder(&workspace)), system];
        let mut roots = roots.into_iter().flatten();
        roots.find(|root| root.join(self.project.file()).is_file())
    }

    /// A file of the package, by its path from the root folder.
    ///
    /// # Errors
    ///
    /// Fails if the firmware is missing.
    pub fn file(self, path: &str) -> Result<PathBuf> {
        let root = self.root().with_context(|| {
            let (name, package) = (self.name(), self.project.package());
            format!("{name} not found: it is in Debian's package {package}")
        })?;
        Ok(root.join(path))
    }

    /// A test's name, and whether to skip it. If the firmware is missing, the name says so.
    pub fn needed_by(self, test: &str) -> (String, bool) {
        match self.root() {
            Some(_) => (test.to_owned(), false),
            None => (format!("{test} (needs {})", self.name()), true),
        }
    }
}
