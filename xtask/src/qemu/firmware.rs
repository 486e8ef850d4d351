// SPDX-License-Identifier: BSD-2-Clause

//! The choice of a firmware of QEMU's virt machine, and its files.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use kaal_harness::firmwares::Project;
use kaal_harness::image::Format;
use kaal_harness::qemu::Board;
use kaal_harness::workspace::Workspace;

use super::secure_boot;
use crate::setup;

#[derive(Args)]
pub(super) struct FirmwareOptions {
    /// Boot through this firmware of QEMU's virt machine [default: none, QEMU starts the image]
    #[arg(long, value_name = "FIRMWARE", conflicts_with = "gdb")]
    firmware: Option<Firmware>,
    /// Sign the image with a throw-away key, and let edk2 verify it
    #[arg(long, requires = "firmware")]
    secure_boot: bool,
}

/// A firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Firmware {
    /// UEFI firmware
    Edk2,
    /// U-Boot
    UBoot,
}

impl FirmwareOptions {
    pub(super) fn chosen(&self) -> Option<Firmware> {
        self.firmware
    }

    /// Checks that there is a firmware for `board`, if one is chosen.
    pub(super) fn check_board(&self, board: &Board) -> Result<()> {
        ensure!(
            self.firmware.is_none() || board.is_virt(),
            "--firmware: a kernel for QEMU's virt machine expected, found one for another board: leave out --firmware"
        );
        Ok(())
    }

    /// Whether the firmware must verify images.
    pub(super) fn verifies(&self) -> Result<bool> {
        ensure!(
            !self.secure_boot || self.firmware == Some(Firmware::Edk2),
            "--secure-boot: --firmware edk2 expected, found u-boot, which verifies other signatures: docs/packing.md \
             says how to sign for it"
        );
        Ok(self.secure_boot)
    }
}

impl Firmware {
    /// The format that the firmware starts best.
    pub(super) fn format(self) -> Format {
        match self {
            Self::Edk2 => Format::Efi,
            Self::UBoot => Format::Fit,
        }
    }

    /// Whether the firmware starts images of this format.
    pub(super) fn can_start(self, format: Format) -> bool {
        self == Self::UBoot || format == Format::Efi
    }

    /// The environment variable that names the firmware's file.
    fn variable(self) -> &'static str {
        match self {
            Self::Edk2 => "EDK2",
            Self::UBoot => "U_BOOT",
        }
    }

    /// Finds the firmware's file, or gets it; one that can verify images if it `verifies`.
    pub(super) fn find(self, workspace: &Workspace, verifies: bool) -> Result<PathBuf> {
        let variable = self.variable();
        if let Some(file) = env::var_os(variable).map(PathBuf::from) {
            ensure!(
                file.is_file(),
                "{variable}={}: the firmware's file expected, nothing found: correct or unset {variable}",
                file.display()
            );
            return Ok(file);
        }
        let project = match self {
            Self::Edk2 => Project::Edk2,
            Self::UBoot => Project::UBoot,
        };
        let firmware = setup::firmware(workspace, project).with_context(|| {
            format!(
                "--firmware: not found: set {variable} to the firmware's file; docs/commands.md names those of some \
                 systems"
            )
        })?;
        firmware.file(match verifies {
            true => secure_boot::CODE,
            false => project.file(),
        })
    }
}
