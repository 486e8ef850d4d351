// SPDX-License-Identifier: BSD-2-Clause

//! Images for UEFI, booted by edk2.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use kaal_harness::firmwares::{Debian, Firmware, Level, Project};
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::tools::{OPENSSL, SBSIGN};
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::{Image, find, payload_offset};
use crate::{says, trial};

const FIRMWARE: Firmware = Firmware::of(Project::Edk2, Debian::Bookworm);

/// The firmware's message if it refuses an image.
const NOT_STARTED: &str = "BdsDxe: failed to ";

/// The offset of a part in an image.
type Place = fn(&[u8]) -> Result<usize>;

/// Places of a flipped bit: a part of the image, its offset, and the message.
const FLIPS: [(&str, Place, &str); 4] = [
    ("stub", |_| Ok(0x800), "the stub is damaged"),
    (
        "package_header",
        |image| Ok(package_header(image)? + 0x28),
        "package header: checksum 0x",
    ),
    (
        "unpacker",
        |image| Ok(package_header(image)? - 0x100),
        "the unpacker is damaged: CRC-32C 0x",
    ),
    (
        "chunk",
        |image| Ok(payload_offset(image)? + 0x40),
        ") is damaged: CRC-32C 0x",
    ),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut add = |name: &str, test: fn(&Workspace) -> Result<()>| {
        trials.push(skippable(workspace, name, true, test));
    };
    add("uefi::device_tree", device_tree);
    add("uefi::memory_that_the_firmware_keeps", kept_memory);
    add("uefi::memory_that_is_missing", missing_memory);
    add("uefi::hypervisor_kernel_at_el1", hypervisor_at_el1);
    add("uefi::two_pages_over_raw", size);
    let can_sign = OPENSSL.find().is_some() && SBSIGN.find().is_some();
    trials.push(skippable(
        workspace,
        "uefi::secure_boot",
        can_sign,
        secure_boot,
    ));
    for (part, place, message) in FLIPS {
        let name = format!("uefi::flipped::{part}");
        trials.push(skippable(workspace, &name, true, move |workspace| {
            flipped(workspace, place, message)
        }));
    }
    trials
}

/// A test that is skipped unless there are a firmware and the programs that it needs, and says so in its name.
fn skippable(
    workspace: &Workspace,
    name: &str,
    has_programs: bool,
    test: impl FnOnce(&Workspace) -> Result<()> + Send + 'static,
) -> Trial {
    let (name, is_missing) = match has_programs {
        true => FIRMWARE.needed_by(name),
        false => (format!("{name} (needs openssl and sbsign)"), true),
    };
    trial(workspace, name, test).with_ignored_flag(is_missing)
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

/// A file of the firmware's package.
fn of_firmware(path: &str) -> Result<PathBuf> {
    FIRMWARE.file(&format!("usr/share/{path}"))
}

/// Boots the image until it prints `expected`. The firmware gets it from QEMU, without a disk.
fn boot(image: &Image, expected: &str) -> Result<String> {
    let firmware = of_firmware("qemu-efi-aarch64/QEMU_EFI.fd")?;
    let options = ["-bios".to_owned(), firmware.display().to_string()];
    image.boot_with(&options, expected)
}

/// Boots the image, which must print `message` before it enters the unpacker.
fn refused(image: &Image, message: &str) -> Result<()> {
    let console = boot(image, message)?;
    says(&console, "KaaL: error: ")?;
    ensure!(!console.contains("KaaL: unpacking"), "{console}");
    Ok(())
}

fn flipped(workspace: &Workspace, place: fn(&[u8]) -> Result<usize>, message: &str) -> Result<()> {
    let image = ordinary(workspace, &[])?;
    image.change(|bytes| {
        let place = place(bytes)?;
        bytes[place] ^= 1;
        Ok(())
    })?;
    refused(&image, message)
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

/// The loader says so, since only its header names the exception level.
fn hypervisor_at_el1(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace, Program::ProbeHyp, "virt", &[])?;
    let message = "KaaL: error: the kernel has hypervisor support and needs EL2";
    boot(&image, message).map(drop)
}

/// Headers, and a page each for constants and code.
fn size(workspace: &Workspace) -> Result<()> {
    let mut image = ordinary(workspace, &[])?;
    let efi = fs::read(image.path())?;
    image.flags = vec!["--format", "raw", "--log-level", "debug"];
    pack(workspace, &image)?;
    let raw = fs::read(image.path())?;
    let start = find(&efi, &raw).context("the image holds no such package")?;
    ensure!(start == 0x2200, "the package is at {start:#x}");
    ensure!(efi.len() - start - raw.len() < 0x200);
    Ok(())
}

/// Debian's firmware trusts the key that comes with it, and verifies images if its variables say so.
fn secure_boot(workspace: &Workspace) -> Result<()> {
    let image = ordinary(workspace, &[])?;
    let [certificate, encrypted] = ["pem", "key"]
        .map(|kind| of_firmware(&format!("qemu-efi-aarch64/PkKek-1-snakeoil.{kind}")));
    let [own_key, own_certificate] = ["own.key", "own.pem"].map(|name| image.file(name));
    let key = image.file("snakeoil.key");
    let openssl = OPENSSL.find().context("no openssl")?;
    let mut decrypt = Command::new(&openssl);
    decrypt.args(["rsa", "-passin", "pass:snakeoil", "-in"]);
    process::read(decrypt.arg(encrypted?).arg("-out").arg(&key))?;
    let mut generate = Command::new(&openssl);
    generate.args([
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=own",
    ]);
    generate.arg("-keyout").arg(&own_key);
    process::read(generate.arg("-out").arg(&own_certificate))?;

    let unsigned = fs::read(image.path())?;
    boot_locked(&image, NOT_STARTED)?;
    sign(&image, &own_key, &own_certificate)?;
    boot_locked(&image, NOT_STARTED)?;
    fs::write(image.path(), unsigned)?;
    sign(&image, &key, &certificate?)?;
    boot_locked(&image, PASS)?;
    let mut check = Command::new(workspace.builder());
    process::read(check.arg("check").arg(image.path()))?;
    image.change(|bytes| {
        let place = payload_offset(bytes)?;
        bytes[place + 0x40] ^= 1;
        Ok(())
    })?;
    boot_locked(&image, NOT_STARTED).map(drop)
}

fn sign(image: &Image, key: &Path, certificate: &Path) -> Result<()> {
    let mut sign = Command::new(SBSIGN.find().context("no sbsign")?);
    sign.arg("--key").arg(key).arg("--cert").arg(certificate);
    process::read(sign.arg("--output").arg(image.path()).arg(image.path())).map(drop)
}

/// Boots the image by a firmware that verifies it, until the console shows `expected`. An image that is refused prints
/// nothing.
fn boot_locked(image: &Image, expected: &str) -> Result<()> {
    let code = of_firmware("AAVMF/AAVMF_CODE.fd")?;
    let variables = image.file("variables.fd");
    fs::copy(of_firmware("AAVMF/AAVMF_VARS.snakeoil.fd")?, &variables)?;
    let flash = |file: &Path, options: &str| {
        let file = file.display().to_string().replace(',', ",,");
        format!("if=pflash,format=raw,file={file}{options}")
    };
    let drives = [flash(&code, ",readonly=on"), flash(&variables, "")];
    let options: Vec<_> = drives
        .into_iter()
        .flat_map(|drive| ["-drive".to_owned(), drive])
        .collect();
    let console = image.boot_with(&options, expected)?;
    ensure!(expected == PASS || !console.contains("KaaL"), "{console}");
    Ok(())
}

/// The offset of the package header, which isn't aligned in the file. The unpacker before it holds its first bytes too.
fn package_header(image: &[u8]) -> Result<usize> {
    kaal_harness::image::package_header(image).map(|(offset, _)| offset)
}
