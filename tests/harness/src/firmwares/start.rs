// SPDX-License-Identifier: BSD-2-Clause

//! QEMU's options and the typed commands by which a firmware starts an image.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;

use super::{Firmware, Project};
use crate::firmware;
use crate::image::Format;
use crate::qemu::Typed;

/// The address at which U-Boot finds the image.
pub const IMAGE: u64 = 0x5000_0000;

/// U-Boot's prompt.
const PROMPT: &str = "=> ";

/// How a firmware starts an image.
#[derive(Clone, Debug)]
pub struct Start {
    /// QEMU's options, besides those of the machine.
    pub options: Vec<String>,
    /// What to type on the console.
    pub typed: Vec<Typed>,
}

impl Firmware {
    /// How the firmware starts the image in `file`. edk2 gets it from QEMU, as from a disk; U-Boot finds it in memory.
    ///
    /// # Errors
    ///
    /// Fails if the firmware or the image can't be read.
    pub fn start(self, format: Format, file: &Path) -> Result<Start> {
        let firmware = self.file(self.project.file())?;
        let mut options = vec!["-bios".to_owned(), firmware.display().to_string()];
        let mut typed = Vec::new();
        match self.project {
            Project::Edk2 => {
                options.extend(["-kernel".to_owned(), file.display().to_string()]);
            }
            Project::UBoot => {
                options.extend(firmware::loaded(file, IMAGE));
                typed = typed_in_u_boot(format, file)?;
            }
        }
        Ok(Start { options, typed })
    }
}

impl Firmware {
    /// QEMU's options for an edk2 that verifies what it loads from disks with the content of the folders `disks`.
    /// `variables` has its keys; the file stays as it is.
    ///
    /// # Errors
    ///
    /// Fails if the firmware is missing.
    pub fn secure_boot(self, variables: &Path, disks: &[PathBuf]) -> Result<Vec<String>> {
        let code = self.file("usr/share/AAVMF/AAVMF_CODE.snakeoil.fd")?;
        let drive = |options: &str, file: &Path| {
            let file = file.display().to_string().replace(',', ",,");
            ["-drive".to_owned(), format!("format=raw,{options}{file}")]
        };
        let mut options = vec![
            drive("if=pflash,readonly=on,file=", &code),
            drive("if=pflash,snapshot=on,file=", variables),
        ];
        for (number, disk) in disks.iter().enumerate() {
            let id = format!("if=none,id=disk{number},readonly=on,file=fat:");
            let device = format!("virtio-blk-device,drive=disk{number}");
            options.extend([drive(&id, disk), ["-device".to_owned(), device]]);
        }
        Ok(options.into_iter().flatten().collect())
    }
}

/// What to type so that U-Boot starts the image in `file` from [`IMAGE`].
///
/// # Errors
///
/// Fails if the image can't be read.
pub fn typed_in_u_boot(format: Format, file: &Path) -> Result<Vec<Typed>> {
    let size = format!("{:x}", fs::metadata(file)?.len());
    let address = format!("{IMAGE:#x}");
    Ok(u_boot(&[u_boot_command(format, &address, &size)]))
}

/// U-Boot's command that starts an image of a size, in hexadecimal, at `address`. It passes U-Boot's own device tree
/// where it can.
pub fn u_boot_command(format: Format, address: &str, size: &str) -> String {
    match format {
        // Without `-p`, U-Boot looks for sections; without `autostart`, it only loads.
        Format::Elf => format!("setenv autostart yes; bootelf -p {address}"),
        Format::Raw => format!("go {address}"),
        Format::Image => format!("booti {address} - $fdtcontroladdr"),
        Format::Uimage => format!("bootm {address} - $fdtcontroladdr"),
        Format::Fit => format!("bootm {address}"),
        Format::Efi => format!("bootefi {address}:{size} $fdtcontroladdr"),
    }
}

/// Input that stops U-Boot's countdown and types `commands`.
pub(super) fn u_boot(commands: &[String]) -> Vec<Typed> {
    let typed = |after: &str, command: &str| Typed {
        after: after.to_owned(),
        text: format!("{command}\n"),
    };
    let commands = commands.iter().map(|command| typed(PROMPT, command));
    [typed("Hit any key", "")]
        .into_iter()
        .chain(commands)
        .collect()
}
