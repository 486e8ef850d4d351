// SPDX-License-Identifier: BSD-2-Clause

//! Images that U-Boot boots: FIT images by `bootm`, UEFI applications by `bootefi`.

use std::fs;

use anyhow::Result;
use kaal_harness::firmware;
use kaal_harness::firmwares::{Debian, Firmware, Project};
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::qemu::Typed;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::{Image, payload_offset};
use crate::{says, trial};

const FIRMWARE: Firmware = Firmware::of(Project::UBoot, Debian::Bookworm);

/// Where QEMU puts the image.
const IMAGE: u64 = 0x5000_0000;

/// The machine and the kernel, by the exception level at which U-Boot enters the image.
const LEVELS: [(&str, &str, Program); 2] = [
    ("el1", "virt", Program::Probe),
    ("el2", "virt,virtualization=on", Program::ProbeHyp),
];

/// Options of the builder by compression.
const COMPRESSIONS: [(&str, &[&str]); 2] = [("plain", &[]), ("lz4", &["--compress", "lz4"])];

/// The command that starts an image of a size in bytes.
type Start = fn(usize) -> String;

/// Commands by format. `bootefi` passes U-Boot's own device tree.
const FORMATS: [(&str, Start); 2] = [
    ("fit", |_| format!("bootm {IMAGE:#x}")),
    ("efi", |size| {
        format!("bootefi {IMAGE:#x}:{size:x} $fdtcontroladdr")
    }),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (format, start) in FORMATS {
        for (level, machine, probe) in LEVELS {
            for (compression, compress) in COMPRESSIONS {
                let name = format!("u_boot::{format}::{compression}::{level}");
                let flags = [&["--format", format], compress].concat();
                trials.push(skippable(workspace, &name, move |workspace| {
                    let image = packed(workspace, probe, machine, flags)?;
                    let console = boot(&image, start, PASS)?;
                    says(&console, "KaaL: the device tree is the firmware's")
                }));
            }
        }
        let name = format!("u_boot::{format}::flipped");
        trials.push(skippable(workspace, &name, move |workspace| {
            let image = packed(workspace, Program::Probe, "virt", vec!["--format", format])?;
            image.change(|bytes| {
                let place = payload_offset(bytes)?;
                bytes[place + 0x40] ^= 1;
                Ok(())
            })?;
            let message = match format {
                "fit" => "Bad hash value for 'hash-1' hash node in 'kernel-1' image node",
                _ => ") is damaged: CRC-32C 0x",
            };
            boot(&image, start, message).map(drop)
        }));
    }
    trials
}

/// A test that is skipped if there is no U-Boot for QEMU.
fn skippable(
    workspace: &Workspace,
    name: &str,
    test: impl FnOnce(&Workspace) -> Result<()> + Send + 'static,
) -> Trial {
    let (name, is_missing) = FIRMWARE.needed_by(name);
    trial(workspace, name, test).with_ignored_flag(is_missing)
}

/// The image of `probe` for `machine`, with more options of the builder.
fn packed(
    workspace: &Workspace,
    probe: Program,
    machine: &str,
    flags: Vec<&'static str>,
) -> Result<Image> {
    let mut image = Image::on(workspace, probe, machine)?;
    image.flags = [&flags[..], &["--log-level", "debug"]].concat();
    // U-Boot changes the device tree, so the probe can't know its checksum.
    fs::copy(workspace.program(probe), &image.inputs.kernel)?;
    let mut command = image.inputs.command(workspace, &image.path());
    process::read(command.args(&image.flags))?;
    Ok(image)
}

/// Starts the image by U-Boot's command line, and waits for `expected`.
fn boot(image: &Image, start: Start, expected: &str) -> Result<String> {
    let file = image.path();
    let size = fs::read(&file)?.len();
    let u_boot = FIRMWARE
        .file(FIRMWARE.project.file())?
        .display()
        .to_string();
    let options = [
        vec!["-bios".to_owned(), u_boot],
        firmware::loaded(&file, IMAGE),
    ]
    .concat();
    let typed = [
        ("Hit any key", "\n".to_owned()),
        ("=> ", format!("{}\n", start(size))),
    ];
    let typed = typed.map(|(after, text)| Typed {
        after: after.to_owned(),
        text,
    });
    image.boot_typed(&options, &typed, expected)
}
