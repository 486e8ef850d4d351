// SPDX-License-Identifier: BSD-2-Clause

//! Trusted Firmware-A with U-Boot behind it, if `TFA_DIR` names a folder with both.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use kaal_harness::firmware::loaded;
use kaal_harness::firmwares::{IMAGE, typed_in_u_boot};
use kaal_harness::image::Format;
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::Image;
use crate::{says, trial};

/// The variable with the folder of `bl1.bin` and `fip.bin`.
const FOLDER: &str = "TFA_DIR";

/// The place of `fip.bin` in flash (`PLAT_QEMU_FIP_BASE`).
const FIP: usize = 0x4_0000;

const FORMATS: [Format; 4] = [Format::Image, Format::Uimage, Format::Fit, Format::Efi];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let folder = env::var_os(FOLDER).map(PathBuf::from);
    let trial = |format: Format| {
        let name = format!("trusted_firmware::{}", format.name());
        match folder.clone() {
            Some(folder) => trial(workspace, name, move |workspace| {
                boot(workspace, &folder, format)
            }),
            None => Trial::test(format!("{name} ({FOLDER} is not set)"), || Ok(()))
                .with_ignored_flag(true),
        }
    };
    FORMATS.into_iter().map(trial).collect()
}

/// Trusted Firmware-A starts at EL3 and enters U-Boot, and that the image, at EL2.
fn boot(workspace: &Workspace, folder: &Path, format: Format) -> Result<()> {
    for probe in [Program::Probe, Program::ProbeHyp] {
        let mut image = Image::on(workspace, probe, "virt,secure=on,virtualization=on")?;
        image.inputs.packing = format.packing();
        // U-Boot changes the device tree, so the probe can't know its checksum.
        fs::copy(workspace.program(probe), &image.inputs.kernel)?;
        process::read(&mut image.inputs.command(workspace, &image.path()))?;
        let flash = image.file("flash.bin");
        fs::write(&flash, flash_of(folder)?)?;
        let bios = ["-bios".to_owned(), flash.display().to_string()];
        let options = [bios.to_vec(), loaded(&image.path(), IMAGE)].concat();
        let typed = typed_in_u_boot(format, &image.path())?;
        let console = image.boot_typed(&options, &typed, PASS)?;
        says(&console, "BL31: ")?;
        says(&console, ": EL2, ")?;
    }
    Ok(())
}

fn flash_of(folder: &Path) -> Result<Vec<u8>> {
    let read = |name: &str| {
        let file = folder.join(name);
        fs::read(&file).with_context(|| format!("{FOLDER}: failed to read {}", file.display()))
    };
    let mut flash = read("bl1.bin")?;
    flash.resize(FIP, 0);
    flash.extend(read("fip.bin")?);
    Ok(flash)
}
