// SPDX-License-Identifier: BSD-2-Clause

//! Images for UEFI, booted by edk2.

use std::fs;

use anyhow::{Context, Result, ensure};
use kaal_harness::firmwares::{Debian, Firmware, Level, Project};
use kaal_harness::image::Format;
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::workspace::{Program, Workspace};
use kaal_payload::PACKAGE_END;
use libtest_mimic::Trial;

use crate::firmware_chains::firmware_trial;
use crate::image::{Image, payload_offset};
use crate::says;

const FIRMWARE: Firmware = Firmware::of(Project::Edk2, Debian::Bookworm);

/// The offset of a part in an image.
type Place = fn(&[u8]) -> Result<usize>;

/// Places of a flipped bit.
const FLIPS: [(&str, Place); 7] = [
    // Nothing but the stub reads the time.
    ("time_in_headers", |_| Ok(0x48)),
    ("checksum_for_secure_boot", |_| Ok(0x98)),
    ("padding_of_headers", |_| Ok(0x1ff)),
    ("stub", |_| Ok(0x800)),
    ("unpacker", |image| Ok(package_header(image)? - 0x100)),
    ("chunk", |image| Ok(payload_offset(image)? + 0x40)),
    ("padding", padding),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut add = |name: &str, test: fn(&Workspace) -> Result<()>| {
        trials.push(firmware_trial(workspace, FIRMWARE, name, test));
    };
    add("uefi::device_tree", device_tree);
    add("uefi::memory_that_the_firmware_keeps", kept_memory);
    add("uefi::memory_that_is_missing", missing_memory);
    add("uefi::hypervisor_kernel_at_el1", hypervisor_at_el1);
    add("uefi::two_pages_over_raw", size);
    for (part, place) in FLIPS {
        let name = format!("uefi::flipped::{part}");
        let test = move |workspace: &Workspace| flipped(workspace, place);
        trials.push(firmware_trial(workspace, FIRMWARE, &name, test));
    }
    trials
}

/// The image of `probe` for `machine`, with more options of the builder.
fn packed(
    workspace: &Workspace,
    probe: Program,
    machine: &str,
    flags: &[&'static str],
) -> Result<Image> {
    let mut image = Image::on(workspace, probe, machine)?;
    image.flags = [&["--format", "efi", "--log-level", "debug"], flags].concat();
    // edk2 changes QEMU's device tree, so the probe can't know its checksum.
    fs::copy(workspace.program(probe), &image.inputs.kernel)?;
    pack(workspace, &image)?;
    Ok(image)
}

fn pack(workspace: &Workspace, image: &Image) -> Result<()> {
    let mut command = image.inputs.command(workspace, &image.path());
    process::read(command.args(&image.flags)).map(drop)
}

fn ordinary(workspace: &Workspace, flags: &[&'static str]) -> Result<Image> {
    packed(workspace, Program::Probe, "virt", flags)
}

/// Boots the image until it prints `expected`. The firmware gets it from QEMU, without a disk.
fn boot(image: &Image, expected: &str) -> Result<String> {
    let start = FIRMWARE.start(Format::Efi, &image.path())?;
    image.boot_loaded(&start.options, expected)
}

/// Boots the image, which must print `message` before it enters the unpacker.
fn refused(image: &Image, message: &str) -> Result<()> {
    let console = boot(image, message)?;
    says(&console, "KaaL: error: ")?;
    ensure!(!console.contains("KaaL: unpacking"), "{console}");
    Ok(())
}

fn flipped(workspace: &Workspace, place: Place) -> Result<()> {
    let image = ordinary(workspace, &[])?;
    image.change(|bytes| {
        let place = place(bytes)?;
        bytes[place] ^= 1;
        Ok(())
    })?;
    refused(&image, "the image is damaged: CRC-32C 0x")
}

/// The last byte before the end mark of the package. It follows the last chunk.
fn padding(image: &[u8]) -> Result<usize> {
    let place = image.len() - PACKAGE_END.len() - 1;
    ensure!(image[place] == 0, "the package ends without padding");
    Ok(place)
}

/// Without ACPI, edk2 passes QEMU's device tree.
fn device_tree(workspace: &Workspace) -> Result<()> {
    for level in Level::ALL {
        let (machine, probe) = level.machine();
        let machine = format!("{machine},acpi=off");
        let console = boot(&packed(workspace, probe, &machine, &[])?, PASS)?;
        says(&console, "KaaL: the device tree is the firmware's")?;
    }
    Ok(())
}

/// edk2 puts its memory for runtime services near the end of RAM.
fn kept_memory(workspace: &Workspace) -> Result<()> {
    let image = ordinary(workspace, &["--app-offset", "0x3c000000"])?;
    refused(&image, ", of which the firmware keeps 0x")
}

fn missing_memory(workspace: &Workspace) -> Result<()> {
    let mut image = ordinary(workspace, &[])?;
    image.machine.memory = "2G".to_owned();
    let tree = image.inputs.device_tree.clone().context("no device tree")?;
    image.machine.dump_device_tree(&tree)?;
    image.flags.extend(["--app-offset", "0x70000000"]);
    pack(workspace, &image)?;
    image.machine.memory = "1G".to_owned();
    refused(&image, "but this machine has no RAM at 0xb0000000; ")
}

fn hypervisor_at_el1(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace, Program::ProbeHyp, "virt", &[])?;
    refused(
        &image,
        "the kernel has hypervisor support and needs EL2, but the firmware runs at EL1",
    )
}

/// Headers, a page each for constants and code, and padding.
fn size(workspace: &Workspace) -> Result<()> {
    let mut image = ordinary(workspace, &[])?;
    let efi = fs::read(image.path())?;
    image.flags = vec!["--format", "raw", "--log-level", "debug"];
    pack(workspace, &image)?;
    let raw = fs::read(image.path())?;
    let more = efi.len() - raw.len();
    ensure!((0x2200..0x2400).contains(&more), "{more:#x} bytes more");
    Ok(())
}

/// The offset of the package header, which isn't aligned in the file. The unpacker before it holds its first bytes too.
fn package_header(image: &[u8]) -> Result<usize> {
    kaal_harness::image::package_header(image).map(|(offset, _)| offset)
}
