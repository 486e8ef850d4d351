// SPDX-License-Identifier: BSD-2-Clause

//! Boot chains: each firmware starts each format that it can, or says that it can't.

use std::fs;

use anyhow::{Result, ensure};
use kaal_harness::firmwares::{Chain, Debian, Firmware, Integrity, Outcome, Project, Start};
use kaal_harness::image::{Format, make_keys};
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::{Image, payload_offset};
use crate::sel4::{is_for_board, kernel_trial};
use crate::{root_task, says, trial};

/// The message about a flipped bit in the image, by the format that U-Boot starts.
const FLIPPED: [(Format, &str); 2] = [
    (
        Format::Fit,
        "Bad hash value for 'hash-1' hash node in 'kernel-1' image node",
    ),
    (Format::Efi, "the image is damaged: CRC-32C 0x"),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = Vec::new();
    for chain in Chain::all() {
        let name = format!("firmware_chains::{}", chain.name());
        let test = move |workspace: &Workspace| run(workspace, chain);
        trials.push(firmware_trial(workspace, chain.firmware, &name, test));
    }
    for debian in Debian::ALL {
        let firmware = Firmware::of(Project::UBoot, debian);
        for (format, message) in FLIPPED {
            let chain = Chain::simple(firmware, format);
            let name = format!("firmware_chains::{}::flipped", chain.short_name());
            let test = move |workspace: &Workspace| flipped(workspace, chain, message);
            trials.push(firmware_trial(workspace, firmware, &name, test));
        }
    }
    for firmware in Firmware::ALL {
        for format in Format::ALL {
            if firmware.outcome(format) == Outcome::Boots {
                let chain = Chain::simple(firmware, format);
                let name = format!("firmware_chains::{}::sel4", chain.short_name());
                let test = move |workspace: &Workspace, kernel: &Kernel| {
                    boot_sel4(workspace, kernel, chain)
                };
                trials.push(sel4_trial(workspace, firmware.needed_by(&name), test));
            }
        }
    }
    trials
}

/// A test that is skipped if the firmware is missing, and says so in its name.
pub(crate) fn firmware_trial(
    workspace: &Workspace,
    firmware: Firmware,
    name: &str,
    test: impl FnOnce(&Workspace) -> Result<()> + Send + 'static,
) -> Trial {
    let (name, is_missing) = firmware.needed_by(name);
    trial(workspace, name, test).with_ignored_flag(is_missing)
}

fn run(workspace: &Workspace, chain: Chain) -> Result<()> {
    let image = packed(workspace, chain)?;
    match chain.firmware.outcome(chain.format) {
        Outcome::Boots => {
            let owner = match chain.has_device_tree_of_firmware() {
                true => "the firmware's",
                false => "the embedded one",
            };
            let console = boot(&image, chain, PASS)?;
            says(&console, &format!("KaaL: the device tree is {owner}"))
        }
        Outcome::NotEntered(words) => {
            let console = boot(&image, chain, words)?;
            ensure!(!console.contains("KaaL"), "{console}");
            Ok(())
        }
    }
}

fn flipped(workspace: &Workspace, chain: Chain, message: &str) -> Result<()> {
    let image = packed(workspace, chain)?;
    image.change(|bytes| {
        let place = payload_offset(bytes)?;
        bytes[place + 0x40] ^= 1;
        Ok(())
    })?;
    boot(&image, chain, message).map(drop)
}

/// The image of a chain.
fn packed(workspace: &Workspace, chain: Chain) -> Result<Image> {
    packed_with(workspace, chain, &[])
}

/// The image of a chain, with more options of the builder.
pub(crate) fn packed_with(
    workspace: &Workspace,
    chain: Chain,
    options: &[&'static str],
) -> Result<Image> {
    let (machine, probe) = chain.level.machine();
    let mut image = Image::on(workspace, probe, machine)?;
    image.inputs.packing = chain.options();
    image.flags = [&["--log-level", "debug"], options].concat();
    if chain.integrity == Integrity::Signed {
        image.inputs.loader = workspace.program(Program::SignedLoader);
        let keys = make_keys(workspace, image.scratch())?;
        image.inputs.packing.extend(keys);
    }
    // Firmwares change the device tree, so the probe can't know its checksum.
    fs::copy(workspace.program(probe), &image.inputs.kernel)?;
    let mut command = image.inputs.command(workspace, &image.path());
    process::read(command.args(&image.flags))?;
    Ok(image)
}

/// Boots the image by the firmware of the chain.
fn boot(image: &Image, chain: Chain, expected: &str) -> Result<String> {
    let start = chain.firmware.start(chain.format, &image.path())?;
    image.boot_typed(&start.options, &start.typed, expected)
}

/// A test of a real kernel that is skipped if something is missing, as its name says, or if the kernel is for another machine.
pub(crate) fn sel4_trial(
    workspace: &Workspace,
    (name, is_missing): (String, bool),
    test: impl FnOnce(&Workspace, &Kernel) -> Result<()> + Send + 'static,
) -> Trial {
    let (name, is_missing) = match is_for_board() {
        true => (
            format!("{name} (needs a kernel for QEMU's virt machine)"),
            true,
        ),
        false => (name, is_missing),
    };
    let trial = kernel_trial(workspace, &name, test);
    match is_missing {
        true => trial.with_ignored_flag(true),
        false => trial,
    }
}

/// seL4 starts the root task, which starts its components.
fn boot_sel4(workspace: &Workspace, kernel: &Kernel, chain: Chain) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage");
    let mut inputs = kernel.inputs(workspace, &workspace.root_task());
    inputs.packing = chain.options();
    inputs.pack(workspace, &image)?;
    follow_sel4(kernel, chain.firmware.start(chain.format, &image)?)
}

/// Boots seL4 until the root task's shell prints its prompt.
pub(crate) fn follow_sel4(kernel: &Kernel, start: Start) -> Result<()> {
    let mut command = kernel.machine()?.command();
    command.args(start.options);
    let console = root_task::follow(command, root_task::PROMPT, start.typed)?;
    says(&console, "KAAL_SYSTEM_READY")
}
