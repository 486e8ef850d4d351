// SPDX-License-Identifier: BSD-2-Clause

//! Images in every format, compressed or not, by exception level and load address.

use std::fs;

use anyhow::{Result, ensure};
use kaal_harness::probe::PASS;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::Image;
use crate::package::{Layout, behind, boot_at};
use crate::{says, trial};

/// Options of the builder by format.
const FORMATS: [(&str, &[&str]); 3] = [
    ("raw", &["--format", "raw"]),
    ("image", &["--format", "image"]),
    (
        "uimage",
        &["--format", "uimage", "--load-address", "0x44000000"],
    ),
];

/// Options of the builder by compression.
const COMPRESSIONS: [(&str, &[&str]); 2] = [("plain", &[]), ("lz4", &["--compress", "lz4"])];

/// The machine and the kernel, by the exception level at which the image is entered.
const LEVELS: [(&str, &str, Program); 3] = [
    ("el1", "virt", Program::Probe),
    ("el2", "virt,virtualization=on", Program::ProbeHyp),
    ("el3", "virt,secure=on,virtualization=on", Program::ProbeHyp),
];

/// The distance of a load address from the start of its range.
type Place = (&'static str, fn(&Layout) -> Result<u64>);

/// Load addresses, by the part that lies there after unpacking.
const PLACES: [Place; 7] = [
    ("apart", |_| Ok(0x5000_0000)),
    ("odd_page", |_| Ok(0x5123_7000)),
    ("kernel", |layout| {
        // QEMU reserves the first mebibyte of RAM for its own device tree.
        Ok(behind(layout.chunks[0].destination(), 0x10_0000))
    }),
    ("loader", |layout| {
        Ok(behind(layout.loader()?.start, -0x4000))
    }),
    ("first_area", |layout| {
        Ok(behind(layout.areas()[0].start, 0))
    }),
    ("spare_room", |layout| {
        Ok(behind(layout.scratch.spare().start, -0x3000))
    }),
    ("second_area", |layout| {
        Ok(behind(layout.areas()[1].start, -0x5000))
    }),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = vec![trial(
        workspace,
        "formats::say_no_more_than_an_elf_file",
        one_line,
    )];
    for (compression, compress) in COMPRESSIONS {
        for (format, options) in FORMATS {
            for (level, machine, probe) in LEVELS.into_iter().take(2) {
                let flags = [options, compress].concat();
                let name = format!("formats::by_qemu::{format}::{compression}::{level}");
                trials.push(trial(workspace, name, move |workspace| {
                    by_qemu(workspace, probe, machine, flags)
                }));
            }
        }
        for (level, machine, probe) in LEVELS {
            let flags = [FORMATS[1].1, compress].concat();
            for place in PLACES {
                let flags = flags.clone();
                let name = format!("formats::loaded::{}::{compression}::{level}", place.0);
                trials.push(trial(workspace, name, move |workspace| {
                    loaded(workspace, probe, machine, flags, place)
                }));
            }
            let flags = [FORMATS[0].1, compress].concat();
            let name = format!("formats::in_flash::{compression}::{level}");
            trials.push(trial(workspace, name, move |workspace| {
                in_flash(workspace, probe, machine, flags)
            }));
        }
    }
    for (level, machine, probe) in LEVELS.into_iter().take(2) {
        let name = format!("formats::for_four_cores::{level}");
        trials.push(trial(workspace, name, move |workspace| {
            for_four_cores(workspace, probe, machine)
        }));
    }
    trials
}

/// The image of `probe`, packed for `machine` with more options of the builder.
fn packed(
    workspace: &Workspace,
    probe: Program,
    machine: &str,
    flags: Vec<&'static str>,
) -> Result<Image> {
    let mut image = Image::on(workspace, probe, machine)?;
    image.flags = [&flags[..], &["--log-level", "debug", "--verify", "crc32c"]].concat();
    image.pack(workspace)?;
    Ok(image)
}

/// QEMU boots it like Linux, with its own device tree.
fn by_qemu(
    workspace: &Workspace,
    probe: Program,
    machine: &str,
    flags: Vec<&'static str>,
) -> Result<()> {
    let console = packed(workspace, probe, machine, flags)?.boot(PASS)?;
    says(&console, "KaaL: unpacking ")?;
    says(&console, "KaaL: the device tree is the firmware's")
}

/// A firmware loads it to an address and passes nothing in x0.
fn loaded(
    workspace: &Workspace,
    probe: Program,
    machine: &str,
    flags: Vec<&'static str>,
    (_, address): Place,
) -> Result<()> {
    let image = packed(workspace, probe, machine, flags)?;
    let layout = Layout::of(&image)?;
    let address = address(&layout)?;
    let console = boot_at(&image, address, PASS)?;
    let end = address + layout.size;
    says(&console, &format!("chunks from {address:#x}..{end:#x} to "))?;
    says(&console, "KaaL: the device tree is the embedded one")
}

/// The processor starts with it after a reset.
fn in_flash(
    workspace: &Workspace,
    probe: Program,
    machine: &str,
    flags: Vec<&'static str>,
) -> Result<()> {
    const FLASH_SIZE: usize = 64 << 20;

    let image = packed(workspace, probe, machine, flags)?;
    let flash = image.file("flash.bin");
    let mut content = fs::read(image.path())?;
    content.resize(FLASH_SIZE, 0xff);
    fs::write(&flash, content)?;
    let file = flash.display().to_string().replace(',', ",,");
    let drive = format!("if=pflash,format=raw,readonly=on,file={file}");
    let console = image.boot_loaded(&["-drive".to_owned(), drive], PASS)?;
    says(&console, "chunks from 0x0..")
}

/// The firmware starts the others on the loader's request.
fn for_four_cores(workspace: &Workspace, probe: Program, machine: &str) -> Result<()> {
    let machine = Machine {
        machine: machine.to_owned(),
        cores: 4,
        ..Machine::ordinary()
    };
    let mut image = Image::of(workspace, probe, machine)?;
    image.flags = vec!["--format", "image", "--compress", "lz4"];
    image.pack(workspace)?;
    image.boot(PASS).map(drop)
}

fn one_line(workspace: &Workspace) -> Result<()> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = vec!["--format", "image", "--compress", "lz4"];
    image.pack(workspace)?;
    let console = image.boot(PASS)?;
    let lines = console.lines().filter(|line| line.starts_with("KaaL"));
    let lines: Vec<&str> = lines.collect();
    ensure!(
        lines.len() == 2,
        "one line and the probe's expected: {lines:?}"
    );
    Ok(())
}
