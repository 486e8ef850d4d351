// SPDX-License-Identifier: BSD-2-Clause

//! Checks `/chosen` in the device tree that the kernel gets, from builder and firmware.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use kaal_devicetree::{Chosen, DeviceTree, NoRoom};
use kaal_harness::probe::PASS;
use kaal_harness::workspace::Workspace;
use kaal_payload::RegionKind;
use libtest_mimic::Trial;
use sha2::{Digest, Sha256};

use crate::firmware::{STRINGS_SIZE, TOTAL_SIZE, hand_over, with_larger};
use crate::image::{Image, find};
use crate::{says, trial};

/// The address of the firmware's device tree, away from everything else.
const APART: u64 = 0x7000_0000;

const BOOT_ARGUMENTS: [&str; 2] = ["--bootargs", "console=ttyAMA0 \"quiet\""];

/// [`BOOT_ARGUMENTS`] as the probe prints them.
const PRINTED_ARGUMENTS: &str = r#"bootargs is "console=ttyAMA0 \"quiet\"\x00""#;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        trial(workspace, "chosen::of_the_embedded_tree", |workspace| {
            let image = packed(workspace, &[])?;
            let console = image.boot(PASS)?;
            says_measurement(&console, &image)?;
            ensure!(!console.contains("bootargs"), "{console}");
            Ok(())
        }),
        trial(
            workspace,
            "chosen::of_the_embedded_tree_with_boot_arguments",
            |workspace| {
                let image = packed(workspace, &BOOT_ARGUMENTS)?;
                says(&image.boot(PASS)?, PRINTED_ARGUMENTS)
            },
        ),
        trial(workspace, "chosen::of_the_firmwares_tree", |workspace| {
            let image = packed(workspace, &[])?;
            let console = boot(&image, &dtb(&image)?, APART, PASS)?;
            says_measurement(&console, &image)?;
            ensure!(!console.contains("bootargs"), "{console}");
            Ok(())
        }),
        trial(
            workspace,
            "chosen::of_the_firmwares_tree_with_boot_arguments",
            |workspace| {
                let image = packed(workspace, &BOOT_ARGUMENTS)?;
                let console = boot(&image, &dtb(&image)?, APART, PASS)?;
                says(&console, PRINTED_ARGUMENTS)
            },
        ),
        trial(
            workspace,
            "chosen::boot_arguments_of_the_firmware_are_kept",
            |workspace| {
                let image = packed(workspace, &[])?;
                let tree = with_boot_arguments(&dtb(&image)?)?;
                let console = boot(&image, &tree, APART, PASS)?;
                says_measurement(&console, &image)?;
                says(&console, r#"bootargs is "from=firmware\x00""#)
            },
        ),
        trial(
            workspace,
            "chosen::boot_arguments_of_the_firmware_are_replaced",
            |workspace| {
                let image = packed(workspace, &BOOT_ARGUMENTS)?;
                let tree = with_boot_arguments(&dtb(&image)?)?;
                let console = boot(&image, &tree, APART, PASS)?;
                says_measurement(&console, &image)?;
                says(&console, PRINTED_ARGUMENTS)?;
                ensure!(!console.contains("from=firmware"), "{console}");
                Ok(())
            },
        ),
        trial(workspace, "chosen::of_a_tree_that_had_none", without_chosen),
        trial(
            workspace,
            "chosen::of_a_tree_where_its_copy_goes",
            in_the_way,
        ),
        trial(
            workspace,
            "chosen::of_a_tree_too_large_to_be_moved",
            too_large_to_be_moved,
        ),
    ]
}

/// A packed image.
fn packed(workspace: &Workspace, flags: &[&'static str]) -> Result<Image> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = flags.to_vec();
    image.pack(workspace)?;
    Ok(image)
}

/// The same without an embedded device tree, which is returned too.
fn packed_without_tree(workspace: &Workspace) -> Result<(Image, Vec<u8>)> {
    let mut image = Image::ordinary(workspace)?;
    let tree = dtb(&image)?;
    image.inputs.device_tree = None;
    image.pack(workspace)?;
    Ok((image, tree))
}

fn dtb(image: &Image) -> Result<Vec<u8>> {
    let file = image.inputs.device_tree.as_ref();
    Ok(fs::read(file.context("no device tree")?)?)
}

/// Boots the packed image by a firmware that has its device tree `tree` at `address`.
fn boot(image: &Image, tree: &[u8], address: u64, expected: &str) -> Result<String> {
    let file: PathBuf = image.file("firmware.dtb");
    fs::write(&file, tree)?;
    hand_over(image, file, address, expected)
}

/// A device tree with its own boot arguments, and with the values of another image.
fn with_boot_arguments(tree: &[u8]) -> Result<Vec<u8>> {
    let chosen = Chosen {
        measurement: &[0xff; 32],
        boot_arguments: b"from=firmware\0",
    };
    let tree = DeviceTree::parse(tree)?;
    let size = match chosen.write(&tree, &mut []) {
        Ok(size) | Err(NoRoom { needed: size }) => size,
    };
    let mut out = vec![0; size];
    chosen.write(&tree, &mut out)?;
    Ok(out)
}

/// The firmware's device tree names no console either.
fn without_chosen(workspace: &Workspace) -> Result<()> {
    let image = Image::ordinary(workspace)?;
    let mut tree = dtb(&image)?;
    let name = find(&tree, b"chosen\0\0").context("no /chosen")?;
    tree[name..name + 6].copy_from_slice(b"frozen");
    let file = image.file("without.dtb");
    fs::write(&file, &tree)?;
    image.pack_for(workspace, Some(&file))?;
    let console = boot(&image, &tree, APART, PASS)?;
    // The embedded device tree names the console.
    says(&console, "KaaL 0")?;
    says_measurement(&console, &image)
}

/// At the start of the slot, within it and at its end; and a word before that, where it overlaps the place
/// to which it is moved.
fn in_the_way(workspace: &Workspace) -> Result<()> {
    let (image, tree) = packed_without_tree(workspace)?;
    let slot = image.payload(|payload| payload.device_tree)?;
    let at_the_end = slot.start.0 + slot.capacity - tree.len().next_multiple_of(8) as u64;
    let addresses = [slot.start.0, slot.start.0 + 8, at_the_end - 8, at_the_end];
    for address in addresses {
        let console = boot(&image, &tree, address, PASS)
            .with_context(|| format!("the device tree at {address:#x}"))?;
        says_measurement(&console, &image)?;
    }
    Ok(())
}

/// A device tree that fits into the slot once, but not twice.
fn too_large_to_be_moved(workspace: &Workspace) -> Result<()> {
    const MORE: u32 = 40_000;

    let (image, tree) = packed_without_tree(workspace)?;
    let tree = with_larger(&tree, &[TOTAL_SIZE, STRINGS_SIZE], MORE);
    boot(&image, &tree, APART, PASS)?;
    let slot = image.payload(|payload| payload.device_tree)?;
    let room = (slot.capacity - tree.len() as u64) & !7;
    let console = boot(
        &image,
        &tree,
        slot.start.0 + 0x1000,
        "build the image with it as --dtb",
    )?;
    says(&console, "KaaL: error: the firmware's device tree takes ")?;
    says(&console, &format!(" bytes, the image has room for {room};"))
}

/// Fails if the kernel didn't get the measurement that anyone can compute from the image.
fn says_measurement(console: &str, image: &Image) -> Result<()> {
    let measurement = measurement(image)?;
    let digits: String = measurement
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    says(console, &format!("kaal,measurement is {digits}"))
}

/// The SHA-256 of the entry points of kernel and user image, the addresses of their regions and their
/// stored bytes.
fn measurement(image: &Image) -> Result<Vec<u8>> {
    let file = fs::read(image.file("bootimage.elf"))?;
    let segments = Elf::parse(&file)?.program_headers;
    let (numbers, regions) = image.payload(|payload| {
        let regions = payload.regions.iter();
        let programs = regions.filter(|region| {
            matches!(
                region.kind(),
                Some(RegionKind::Kernel | RegionKind::UserImage)
            )
        });
        let regions: Vec<_> = programs.copied().collect();
        let user_image = payload.user_image;
        let numbers = [
            payload.kernel_entry.0,
            user_image.entry.0,
            user_image.pv_offset,
        ];
        (numbers, regions)
    })?;
    let mut hash = Sha256::new();
    hash.update(numbers.map(u64::to_le_bytes).concat());
    for region in regions {
        let memory = region.memory().context("a malformed region")?;
        let numbers = [memory.start.0, memory.size(), region.file_size()];
        hash.update(numbers.map(u64::to_le_bytes).concat());
        let segment = segments
            .iter()
            .find(|segment| segment.p_paddr == memory.start.0)
            .context("a region that is no segment")?;
        ensure!(segment.p_filesz == region.file_size());
        hash.update(&file[segment.file_range()]);
    }
    Ok(hash.finalize().to_vec())
}
