// SPDX-License-Identifier: BSD-2-Clause

//! Firmware that passes a device tree in x0, and machines in an unusual state.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use kaal_harness::elf;
use kaal_harness::firmware::{self, PASS_ON, loaded};
use kaal_harness::probe::PASS;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::Image;
use crate::{says, trial};

/// The address of the firmware's device tree.
pub(crate) const DTB_ADDRESS: u64 = 0x7000_0000;

/// An address without memory on a machine with 1 GiB.
const NOWHERE: u64 = 0xf000_0000;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        trial(workspace, "firmware::device_tree_is_used", |workspace| {
            let image = image(workspace)?;
            let dtb = image.inputs.device_tree.clone().context("no device tree")?;
            let console = boot(&image, Some(dtb), DTB_ADDRESS, PASS)?;
            says(&console, "KaaL: the device tree is the firmware's")
        }),
        trial(workspace, "firmware::device_tree_is_enough", |workspace| {
            let mut image = image(workspace)?;
            let dtb = image.inputs.device_tree.take();
            let console = boot(&image, dtb, DTB_ADDRESS, PASS)?;
            says(&console, "KaaL: the device tree is the firmware's")
        }),
        trial(
            workspace,
            "firmware::device_tree_with_padding",
            |workspace| {
                // QEMU and U-Boot pad theirs; the kernel would copy the padding.
                let image = image(workspace)?;
                let dtb = image.file("padded.dtb");
                fs::write(
                    &dtb,
                    with_larger(&fs::read(dtb_of(&image)?)?, &[TOTAL_SIZE], MEBIBYTE),
                )?;
                let console = boot(&image, Some(dtb), DTB_ADDRESS, PASS)?;
                says(&console, "KaaL: the device tree is the firmware's")
            },
        ),
        trial(workspace, "firmware::no_device_tree_at_x0", |workspace| {
            let console = boot(&image(workspace)?, None, DTB_ADDRESS, PASS)?;
            says(&console, "KaaL: the device tree is the embedded one")
        }),
        trial(
            workspace,
            "firmware::malformed_device_tree_at_x0",
            |workspace| {
                let image = image(workspace)?;
                let dtb = image.file("malformed.dtb");
                fs::write(&dtb, MALFORMED)?;
                let console = boot(&image, Some(dtb), DTB_ADDRESS, PASS)?;
                says(&console, "KaaL: the device tree is the embedded one")
            },
        ),
        trial(workspace, "firmware::nothing_at_x0", |workspace| {
            let console = boot(&image(workspace)?, None, NOWHERE, "KaaL: powering off")?;
            says(
                &console,
                "KaaL: fault: data abort (nothing answers at this address)",
            )?;
            says(&console, "while reading the device tree that x0 points to")?;
            says(&console, "FAR 0xf000000")?;
            says(&console, ": loader+0x")?;
            says(&console, " kaal_devicetree::")
        }),
        trial(workspace, "firmware::less_ram_than_planned", |workspace| {
            // Built for 1 GiB: the hyp probe lies behind the first 512 MiB.
            let image = Image::of(workspace, Program::ProbeHyp, Machine::hypervisor())?;
            let dtb = image.file("small.dtb");
            let small = Machine {
                memory: "512M".to_owned(),
                ..Machine::hypervisor()
            };
            small.dump_device_tree(&dtb)?;
            let expected = "KaaL: error: the image needs 0x60000000..";
            image.pack(workspace)?;
            let console = run(&image, Some(dtb), DTB_ADDRESS, expected)?;
            ensure!(!console.contains("entering the kernel"), "{console}");
            Ok(())
        }),
        trial(
            workspace,
            "firmware::translation_left_on",
            translation_left_on,
        ),
        trial(
            workspace,
            "firmware::translation_to_elsewhere",
            translation_to_elsewhere,
        ),
        trial(workspace, "firmware::device_tree_too_large", |workspace| {
            let image = image(workspace)?;
            let dtb = image.file("large.dtb");
            fs::write(
                &dtb,
                with_larger(
                    &fs::read(dtb_of(&image)?)?,
                    &[TOTAL_SIZE, STRINGS_SIZE],
                    MEBIBYTE,
                ),
            )?;
            let expected = "KaaL: error: the firmware's device tree takes ";
            boot(&image, Some(dtb), DTB_ADDRESS, expected).map(drop)
        }),
    ]
}

/// A header of blocks that are missing.
const MALFORMED: &[u8] = &[
    0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 72, 0, 0, 0, 56, 0, 0, 0, 72, 0, 0, 0, 40, 0, 0, 0, 17, 0, 0,
    0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16,
];

/// Offsets in a device tree's header: of its total size, and of the size of its last block.
pub(crate) const TOTAL_SIZE: usize = 4;
pub(crate) const STRINGS_SIZE: usize = 32;

const MEBIBYTE: u32 = 1 << 20;

/// A device tree with `more` bytes, which its header counts.
pub(crate) fn with_larger(dtb: &[u8], sizes: &[usize], more: u32) -> Vec<u8> {
    let mut large = dtb.to_vec();
    for &offset in sizes {
        let field = &mut large[offset..offset + 4];
        let size = field
            .iter()
            .fold(0, |size, &byte| size << 8 | u32::from(byte));
        field.copy_from_slice(&(size + more).to_be_bytes());
    }
    large.resize(large.len() + more as usize, 0);
    large
}

pub(crate) fn dtb_of(image: &Image) -> Result<PathBuf> {
    image.inputs.device_tree.clone().context("no device tree")
}

pub(crate) fn image(workspace: &Workspace) -> Result<Image> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = vec!["--log-level", "debug"];
    Ok(image)
}

pub(crate) fn boot(image: &Image, dtb: Option<PathBuf>, x0: u64, expected: &str) -> Result<String> {
    let workspace = Workspace::locate()?;
    image.pack_for(&workspace, dtb.as_deref())?;
    run(image, dtb, x0, expected)
}

/// Boots the packed image by a firmware that passes `x0`.
pub(crate) fn run(image: &Image, dtb: Option<PathBuf>, x0: u64, expected: &str) -> Result<String> {
    let dtb = dtb.map(|file| (file, DTB_ADDRESS));
    boot_by(image, &PASS_ON, &[x0, entry(image)?], dtb, expected)
}

/// Boots the packed image by a firmware that has its device tree at `address`.
pub(crate) fn hand_over(
    image: &Image,
    dtb: PathBuf,
    address: u64,
    expected: &str,
) -> Result<String> {
    let literals = [address, entry(image)?];
    boot_by(image, &PASS_ON, &literals, Some((dtb, address)), expected)
}

fn translation_left_on(workspace: &Workspace) -> Result<()> {
    let image = image(workspace)?;
    image.pack(workspace)?;
    let firmware = with_translation_on(&image, IDENTITY, 0, entry(&image)?)?;
    image.boot_with(&firmware, PASS).map(drop)
}

fn translation_to_elsewhere(workspace: &Workspace) -> Result<()> {
    let image = image(workspace)?;
    image.pack(workspace)?;
    let firmware = with_translation_on(&image, ALIASED, GIB, entry(&image)?)?;
    image.boot_with(&firmware, ELSEWHERE).map(drop)
}

pub(crate) const GIB: u64 = 1 << 30;

/// Blocks of 1 GiB with the access flag: device memory, then normal memory.
pub(crate) const IDENTITY: [u64; 3] = [0x405, 0x4000_0701, 0];

/// [`IDENTITY`], with the normal memory at the next GiB too.
pub(crate) const ALIASED: [u64; 3] = [0x405, 0x4000_0701, 0x4000_0701];

/// The error if the firmware enters a program at an address that isn't physical.
pub(crate) const ELSEWHERE: &str = "KaaL: error: the firmware entered the loader with the MMU on";

/// A firmware that turns translation and caches on, with `blocks` at the addresses from 0 on, and jumps to `entry`, by
/// `offset` bytes higher.
pub(crate) fn with_translation_on(
    image: &Image,
    blocks: [u64; 3],
    offset: u64,
    entry: u64,
) -> Result<Vec<String>> {
    const TABLE_ADDRESS: u64 = 0x7e00_0000;
    /// Attribute 0 is normal memory, attribute 1 device memory.
    const MAIR: u64 = 0x00ff;
    /// Addresses of 39 bits, so that the table is of level 1.
    const TCR: u64 = 64 - 39;

    let table = image.file("table.bin");
    let mut bytes: Vec<u8> = blocks.into_iter().flat_map(u64::to_le_bytes).collect();
    bytes.resize(4096, 0);
    fs::write(&table, bytes)?;
    // ldr x2, =MAIR; msr mair_el1, x2; ldr x2, =TCR; msr tcr_el1, x2;
    // ldr x2, =TABLE_ADDRESS; msr ttbr0_el1, x2; isb;
    // mrs x2, sctlr_el1; orr x2, x2, #1; orr x2, x2, #4; msr sctlr_el1, x2; isb;
    // mov x0, xzr; ldr x1, =entry; br x1; nop
    let code = [
        0x5800_0202,
        0xd518_a202,
        0x5800_0202,
        0xd518_2042,
        0x5800_0202,
        0xd518_2002,
        0xd503_3fdf,
        0xd538_1002,
        0xb240_0042,
        0xb27e_0042,
        0xd518_1002,
        0xd503_3fdf,
        0xaa1f_03e0,
        0x5800_0121,
        0xd61f_0020,
        0xd503_201f,
    ];
    let firmware = started(image, &code, &[MAIR, TCR, TABLE_ADDRESS, entry + offset])?;
    Ok([firmware, loaded(&table, TABLE_ADDRESS)].concat())
}

/// The entry point of the packed image.
pub(crate) fn entry(image: &Image) -> Result<u64> {
    elf::entry(&fs::read(image.file("bootimage.elf"))?)
}

/// Boots the packed image by a firmware of `code`, followed by `literals`.
pub(crate) fn boot_by(
    image: &Image,
    code: &[u32],
    literals: &[u64],
    data: Option<(PathBuf, u64)>,
    expected: &str,
) -> Result<String> {
    let mut arguments = started(image, code, literals)?;
    if let Some((file, address)) = data {
        arguments.extend(loaded(&file, address));
    }
    image.boot_with(&arguments, expected)
}

/// Loads a firmware of `code`, followed by `literals`, and starts it.
pub(crate) fn started(image: &Image, code: &[u32], literals: &[u64]) -> Result<Vec<String>> {
    firmware::started(&image.file("firmware.bin"), code, literals)
}
