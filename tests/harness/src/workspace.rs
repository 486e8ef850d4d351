// SPDX-License-Identifier: BSD-2-Clause

//! The paths of the checkout and of the built programs.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The paths of one checkout.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

/// The programs for the target that `cargo xtask build` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The loader.
    Loader,
    /// The loader for signed images.
    SignedLoader,
    /// The unpacker.
    Unpacker,
    /// The start of images for UEFI.
    EfiStub,
    /// The probe kernel for EL1.
    Probe,
    /// The probe kernel for EL2.
    ProbeHyp,
    /// The probe kernel for EL1, above 4 GiB and at an odd page.
    ProbeHigh,
    /// The probe kernel for EL2 at the same place.
    ProbeHighHyp,
    /// The probe kernel's user image.
    ProbeTask,
    /// The hypervisor that boots images with bits flipped.
    Flips,
    /// The firmware that leaves harmful values in registers.
    Poison,
    /// The UEFI application that breaks services of the firmware.
    Saboteur,
}

impl Workspace {
    /// The checkout of the package that Cargo runs.
    ///
    /// # Errors
    ///
    /// Fails if Cargo did not start this process.
    pub fn locate() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .context("failed to find the checkout: start this program with `cargo`")?;
        let root = Path::new(&package)
            .ancestors()
            .find(|folder| folder.join("Cargo.lock").is_file())
            .context("failed to find the checkout: the package lies in no workspace")?
            // A project may name the checkout by a link. Cargo compiles packages anew for each path.
            .canonicalize()?;
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(directory) => env::current_dir()?.join(directory),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// A checkout at `root` that contains Cargo's output folder.
    pub fn at(root: PathBuf) -> Self {
        let target = root.join("target");
        Self { root, target }
    }

    /// The checkout's top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's output folder.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The folder in which `cargo xtask build` leaves the programs and the default image.
    pub fn artifacts(&self) -> PathBuf {
        self.target.join("kaal")
    }

    /// The folder for programs that `cargo xtask` gets from elsewhere.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The folder in which `cargo xtask test` unpacks Debian's U-Boots, for their device trees.
    pub fn u_boots(&self) -> PathBuf {
        self.tools().join("u-boot")
    }

    /// The folder in which `cargo xtask dist` leaves the archives of a release.
    pub fn dist(&self) -> PathBuf {
        self.target.join("dist")
    }

    /// Cargo's output folder for the root task, which is a workspace of its own.
    pub fn root_task_target(&self) -> PathBuf {
        self.target.join("root-task")
    }

    /// The root task that `cargo xtask root-task` builds.
    pub fn root_task(&self) -> PathBuf {
        self.artifacts().join("root-task.elf")
    }

    /// Whether `cargo xtask root-task` built the program in `file`, with these or other components.
    pub fn is_own_root_task(&self, file: &Path) -> bool {
        let own = self.root_task();
        let stem = |file: &Path| file.file_stem().unwrap_or_default().display().to_string();
        file.parent() == own.parent() && stem(file).starts_with(&stem(&own))
    }

    /// A program for the target.
    pub fn program(&self, program: Program) -> PathBuf {
        self.artifacts().join(program.file_name())
    }

    /// The image of probe kernel, its task and the default machine's device tree.
    pub fn default_image(&self) -> PathBuf {
        self.artifacts().join("bootimage.elf")
    }

    /// The plugin of QEMU that counts what a boot costs, a library for the host.
    pub fn counter(&self) -> PathBuf {
        self.artifacts().join("counter.so")
    }

    /// The image builder, a program for the host.
    pub fn builder(&self) -> PathBuf {
        self.target.join("release").join(Self::BUILDER)
    }

    /// The image builder's name, which is also its package's.
    pub const BUILDER: &str = "kaal-elfloader-builder";
}

impl Program {
    /// All programs for the target.
    pub const ALL: [Self; 12] = [
        Self::Loader,
        Self::SignedLoader,
        Self::Unpacker,
        Self::EfiStub,
        Self::Probe,
        Self::ProbeHyp,
        Self::ProbeHigh,
        Self::ProbeHighHyp,
        Self::ProbeTask,
        Self::Flips,
        Self::Poison,
        Self::Saboteur,
    ];

    /// The package that holds the program.
    pub const fn package(self) -> &'static str {
        match self {
            Self::Loader | Self::SignedLoader => "kaal-elfloader",
            Self::Unpacker => "kaal-unpacker",
            Self::EfiStub => "kaal-efi-stub",
            Self::Probe | Self::ProbeHyp | Self::ProbeHigh | Self::ProbeHighHyp => "kaal-probe",
            Self::ProbeTask => "kaal-probe-task",
            Self::Flips => "kaal-flips",
            Self::Poison => "kaal-poison",
            Self::Saboteur => "kaal-saboteur",
        }
    }

    /// Cargo's name for the program.
    pub const fn binary(self) -> &'static str {
        match self {
            Self::Loader => "kaal-elfloader",
            Self::SignedLoader => "kaal-elfloader-signed",
            Self::Unpacker => "kaal-unpacker",
            Self::EfiStub => "kaal-efi-stub",
            Self::Probe => "kaal-probe",
            Self::ProbeHyp => "kaal-probe-hyp",
            Self::ProbeHigh => "kaal-probe-high",
            Self::ProbeHighHyp => "kaal-probe-high-hyp",
            Self::ProbeTask => "kaal-probe-task",
            Self::Flips => "kaal-flips",
            Self::Poison => "kaal-poison",
            Self::Saboteur => "kaal-saboteur",
        }
    }

    /// The file name that `cargo xtask build` gives the program.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Loader => "elfloader.elf",
            Self::SignedLoader => "elfloader-signed.elf",
            Self::Unpacker => "unpacker.elf",
            Self::EfiStub => "efi-stub.elf",
            Self::Probe => "probe.elf",
            Self::ProbeHyp => "probe-hyp.elf",
            Self::ProbeHigh => "probe-high.elf",
            Self::ProbeHighHyp => "probe-high-hyp.elf",
            Self::ProbeTask => "probe-task.elf",
            Self::Flips => "flips.elf",
            Self::Poison => "poison.elf",
            Self::Saboteur => "saboteur.elf",
        }
    }
}
