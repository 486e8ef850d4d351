// SPDX-License-Identifier: BSD-2-Clause

//! Disks that `cargo xtask disk` makes: UEFI firmware and U-Boot find the image on them.

use std::fs::File;
use std::path::Path;

use anyhow::Result;
use kaal_harness::firmwares::{Debian, Firmware, Project};
use kaal_harness::image::Format;
use kaal_harness::probe::{Expected, PASS};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::command::{folder, said, xtask};
use crate::image::{Image, change_file};
use crate::trial;

/// QEMU's devices that hold the disk, by the name of their test.
const DEVICES: [(&str, &[&str]); 2] = [
    ("virtio", &["virtio-blk-pci,drive=disk"]),
    ("usb", &["qemu-xhci", "usb-storage,drive=disk"]),
];

const OLD_U_BOOT: Firmware = Firmware::of(Project::UBoot, Debian::Bookworm);

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = Vec::new();
    for firmware in Firmware::ALL {
        for (device, devices) in DEVICES {
            // U-Boot of Debian 12 doesn't find the USB controller.
            if firmware == OLD_U_BOOT && device == "usb" {
                continue;
            }
            let name = format!("disk::{device}::{}", firmware.name());
            let (name, is_missing) = firmware.needed_by(&name);
            let trial = trial(workspace, name, move |workspace| {
                boots(workspace, firmware, devices)
            });
            trials.push(trial.with_ignored_flag(is_missing));
        }
    }
    trials
}

/// The firmware boots the image from a disk in `devices`. The disk is longer than the file, as most sticks are.
fn boots(workspace: &Workspace, firmware: Firmware, devices: &[&str]) -> Result<()> {
    let mut image = Image::ordinary(workspace)?;
    // U-Boot passes its own device tree.
    change_file(&image.inputs.kernel, |kernel| {
        Expected::AnyDeviceTree.supply(kernel)
    })?;
    image.inputs.packing = Format::Efi.packing();
    image.inputs.pack(workspace, &image.path())?;
    let disk = image.file("disk.img");
    make(workspace, &image.path(), &disk)?;
    let stick = File::options().write(true).open(&disk)?;
    stick.set_len(2 * stick.metadata()?.len())?;

    let firmware = firmware.file(firmware.project.file())?;
    let disk = disk.display().to_string().replace(',', ",,");
    let drive = format!("if=none,id=disk,format=raw,file={disk}");
    let mut options = vec!["-bios".to_owned(), firmware.display().to_string()];
    options.extend(["-drive".to_owned(), drive]);
    for device in devices {
        options.extend(["-device", device].map(str::to_owned));
    }
    image.boot_loaded(&options, PASS).map(drop)
}

/// Makes the disk in the file `disk`.
fn make(workspace: &Workspace, image: &Path, disk: &Path) -> Result<()> {
    let folder = folder(workspace)?;
    let mut command = xtask(workspace, folder.path(), &["disk", "--image"]);
    said(command.arg(image).arg("--out").arg(disk), 0).map(drop)
}
