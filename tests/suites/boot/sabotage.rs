// SPDX-License-Identifier: BSD-2-Clause

//! Images for UEFI on a firmware whose services fail: `tests/saboteur` breaks one of edk2's and starts the image.
//!
//! An image that can't boot says so on the firmware's console, and returns to what started it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use kaal_harness::firmware::loaded;
use kaal_harness::firmwares::{Debian, Firmware, Project};
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::firmware_chains::firmware_trial;
use crate::image::Image;
use crate::says;

const FIRMWARE: Firmware = Firmware::of(Project::Edk2, Debian::Bookworm);

/// Where QEMU puts the image and the saboteur's job: RAM that edk2 leaves free.
const IMAGE: u64 = 0x5000_0000;
const JOB: u64 = 0x6000_0000;

/// What the saboteur prints when the image returns `EFI_LOAD_ERROR`.
const RETURNED: &str = "saboteur: the image returned 8000000000000001";

/// Faults by number (`tests/saboteur/src/faults.rs`), and what the console shows. An image that boots shows more than
/// one that returns.
const FAULTS: [(&str, u64, End); 9] = [
    (
        "no_memory",
        0,
        End::Refused("the firmware refuses its memory map, status 0x8000000000000009"),
    ),
    (
        "endless_memory_map",
        1,
        End::Refused("the firmware refuses its memory map, status 0x8000000000000005"),
    ),
    ("large_memory_map", 2, End::Boots("KaaL: unpacking")),
    ("stale_key", 3, End::Boots("KaaL: unpacking")),
    (
        "stale_key_twice",
        4,
        End::Refused("the firmware refuses to end its boot services, status 0x8000000000000002"),
    ),
    (
        "larger_map_after_a_stale_key",
        5,
        End::Refused("the firmware refuses to end its boot services, status 0x8000000000000005"),
    ),
    (
        "no_tree_in_the_table",
        6,
        End::Boots("KaaL: the device tree is the embedded one"),
    ),
    (
        "tpm_error",
        7,
        End::Refused("the firmware refuses to measure the image, status 0x8000000000000007"),
    ),
    ("tpm_with_a_full_log", 8, End::Boots("KaaL: unpacking")),
];

#[derive(Clone, Copy)]
enum End {
    /// The image boots, and prints this.
    Boots(&'static str),
    /// The image returns with this message.
    Refused(&'static str),
}

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let trials = FAULTS.map(|(name, fault, end)| {
        let name = format!("sabotage::{name}");
        let test = move |workspace: &Workspace| sabotaged(workspace, fault, end);
        firmware_trial(workspace, FIRMWARE, &name, test)
    });
    trials.into()
}

fn sabotaged(workspace: &Workspace, fault: u64, end: End) -> Result<()> {
    let mut image = Image::on(workspace, Program::Probe, "virt")?;
    // edk2 changes QEMU's device tree, so the probe can't know its checksum.
    fs::copy(workspace.program(Program::Probe), &image.inputs.kernel)?;
    let efi = image.file("image.efi");
    pack(workspace, &image, &efi)?;
    image.inputs.efi_stub = workspace.program(Program::Saboteur);
    let saboteur = image.file("saboteur.efi");
    pack(workspace, &image, &saboteur)?;

    let size = fs::metadata(&efi)?.len();
    let job = image.file("job");
    fs::write(
        &job,
        [IMAGE, size, fault].map(u64::to_le_bytes).as_flattened(),
    )?;
    let firmware = FIRMWARE.file(FIRMWARE.project.file())?;
    let options = [
        vec!["-bios".to_owned(), firmware.display().to_string()],
        vec!["-kernel".to_owned(), saboteur.display().to_string()],
        loaded(&efi, IMAGE),
        loaded(&job, JOB),
    ]
    .concat();
    match end {
        End::Boots(text) => says(&image.boot_loaded(&options, PASS)?, text),
        End::Refused(message) => {
            let console = image.boot_loaded(&options, RETURNED)?;
            says(&console, &format!("KaaL: error: {message}\r\n"))?;
            ensure!(!console.contains("KaaL: unpacking"), "{console}");
            Ok(())
        }
    }
}

fn pack(workspace: &Workspace, image: &Image, to: &Path) -> Result<()> {
    let mut command: Command = image.inputs.command(workspace, to);
    let flags = ["--format", "efi", "--log-level", "debug"];
    process::read(command.args(flags)).map(drop)
}
