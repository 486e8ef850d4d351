// SPDX-License-Identifier: BSD-2-Clause

//! Starts images by a firmware.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use fs_err as fs;
use kaal_harness::firmware;
use kaal_harness::firmwares::{Flash, IMAGE, is_enforced, u_boot_command, u_boot_environment};
use kaal_harness::image::Format;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::Workspace;

use super::firmware::{Firmware, FirmwareOptions};
use super::secure_boot;

/// The first address of RAM.
const RAM: u64 = 0x4000_0000;

/// The memory at the end of RAM that U-Boot moves itself to, with its heap, rounded up.
const U_BOOT: u64 = 32 << 20;

/// A firmware that starts images.
pub(super) struct Launcher {
    firmware: Firmware,
    file: PathBuf,
    /// Whether it must verify images.
    verifies: bool,
}

/// The start of one image.
pub(super) struct Start {
    /// QEMU's options, besides those of the machine.
    pub(super) options: Vec<String>,
    /// The flash in which the firmware notes that it verifies images, if it must.
    locked: Option<PathBuf>,
}

impl Launcher {
    /// Finds or gets the firmware that the user chose, and the programs that sign for it.
    pub(super) fn find(workspace: &Workspace, options: &FirmwareOptions) -> Result<Option<Self>> {
        let Some(firmware) = options.chosen() else {
            return Ok(None);
        };
        let verifies = options.verifies()?;
        if verifies {
            secure_boot::provide_tools(workspace)?;
        }
        let file = firmware.find(workspace, verifies)?;
        Ok(Some(Self {
            firmware,
            file,
            verifies,
        }))
    }

    /// Prepares the start of `image`. New files are in `scratch`.
    pub(super) fn start(
        &self,
        workspace: &Workspace,
        machine: &Machine,
        format: Format,
        image: &Path,
        scratch: &Path,
    ) -> Result<Start> {
        if self.verifies {
            let (options, locked) = secure_boot::prepare(workspace, &self.file, image, scratch)?;
            let locked = Some(locked);
            return Ok(Start { options, locked });
        }
        let mut options = vec!["-bios".to_owned(), self.file.display().to_string()];
        options.extend(match self.firmware {
            Firmware::Edk2 => vec!["-kernel".to_owned(), image.display().to_string()],
            Firmware::UBoot => {
                let size = fs::metadata(image)?.len();
                check_room(machine, size)?;
                let command = u_boot_command(format, &format!("{IMAGE:#x}"), &format!("{size:x}"));
                let variables = u_boot_environment(&command);
                let flash = Flash::Variables.write(&variables, &scratch.join("variables"))?;
                [firmware::loaded(image, IMAGE), flash].concat()
            }
        });
        Ok(Start {
            options,
            locked: None,
        })
    }
}

/// Checks that `machine` has RAM for U-Boot and, where U-Boot finds it, for an image of `size` bytes.
fn check_room(machine: &Machine, size: u64) -> Result<()> {
    let needed = IMAGE - RAM + size + U_BOOT;
    let found = machine.memory_size().unwrap_or(needed);
    ensure!(
        found >= needed,
        "--firmware u-boot: at least {}M of memory expected, {}M found: build the kernel for more memory, or leave out \
         --firmware",
        needed.div_ceil(1 << 20),
        found >> 20
    );
    Ok(())
}

impl Start {
    /// Checks that the firmware verified the image, if it had to.
    pub(super) fn confirm(&self) -> Result<()> {
        let Some(flash) = &self.locked else {
            return Ok(());
        };
        ensure!(
            is_enforced(&fs::read(flash)?),
            "--secure-boot: the firmware of EDK2 doesn't verify images: set EDK2 to one that is built with Secure Boot"
        );
        Ok(())
    }
}
