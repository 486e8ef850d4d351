// SPDX-License-Identifier: BSD-2-Clause

//! Device trees that a firmware passes to a packed image, at various addresses.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use kaal_harness::firmware::loaded;
use kaal_harness::probe::PASS;
use kaal_harness::workspace::Workspace;
use kaal_payload::ROOM_SIZE;
use libtest_mimic::Trial;

use crate::firmware::dtb_of;
use crate::image::Image;
use crate::package::{Layout, behind, boot_with_x0};
use crate::{says, trial};

/// The address of the package: across kernel and user image.
const PACKAGE: u64 = 0x4028_0000;

/// An address without memory on a machine with 1 GiB.
const NOWHERE: u64 = 0xf000_0000;

/// Addresses of the device tree, and the part that also lies there.
type Place = (&'static str, fn(&Layout) -> u64);

const PLACES: [Place; 11] = [
    ("apart", |_| 0x7000_0000),
    ("kernel", |layout| {
        behind(layout.chunks[0].destination(), 0x18_0000)
    }),
    ("below_the_package", |_| PACKAGE - 0x4000),
    ("above_the_package", |layout| {
        PACKAGE + layout.size.next_multiple_of(0x1000)
    }),
    ("first_slot", |layout| behind(layout.scratch.start, 0x1000)),
    ("below_the_first_slot", |layout| {
        behind(layout.scratch.start, -0x1000)
    }),
    ("end_of_the_first_slot", |layout| {
        behind(layout.scratch.start, layout.scratch.slot_size as i64 - 8)
    }),
    ("room", |layout| {
        behind(
            layout.scratch.start,
            layout.scratch.slot_size as i64 + 0x1008,
        )
    }),
    ("second_slot", |layout| {
        let slot = layout.scratch.slot_size + ROOM_SIZE;
        behind(layout.scratch.start, slot as i64)
    }),
    ("spare_room", |layout| {
        behind(layout.scratch.spare().start, 0x1000)
    }),
    ("second_area", |layout| {
        behind(layout.areas()[1].start, 0x1000)
    }),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = vec![
        trial(workspace, "package_trees::too_large", too_large),
        trial(
            workspace,
            "package_trees::number_of_arguments",
            |workspace| without_tree(workspace, 1),
        ),
        trial(workspace, "package_trees::something_else", |workspace| {
            without_tree(workspace, 0x7000_0000)
        }),
        trial(workspace, "package_trees::nothing_there", |workspace| {
            fault(workspace, NOWHERE, "nothing answers at this address")
        }),
        trial(
            workspace,
            "package_trees::end_of_all_addresses",
            |workspace| fault(workspace, u64::MAX - 7, "address size fault"),
        ),
    ];
    for (name, place) in PLACES {
        for (compression, flags) in [("plain", &[][..]), ("lz4", &["--compress", "lz4"])] {
            let name = format!("package_trees::{name}::{compression}");
            trials.push(trial(workspace, name, move |workspace| {
                rescued(workspace, flags, place)
            }));
        }
    }
    trials
}

fn image(workspace: &Workspace, flags: &[&'static str]) -> Result<Image> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = [flags, &["--format", "raw", "--log-level", "debug"]].concat();
    Ok(image)
}

fn boot(image: &Image, x0: u64, tree: Option<PathBuf>, expected: &str) -> Result<String> {
    let tree = tree.map(|file| loaded(&file, x0)).unwrap_or_default();
    boot_with_x0(image, PACKAGE, x0, tree, expected)
}

/// There is no other device tree, so the loader would be silent without this one.
fn rescued(workspace: &Workspace, flags: &[&'static str], place: fn(&Layout) -> u64) -> Result<()> {
    let mut image = image(workspace, flags)?;
    let tree = image.inputs.device_tree.take().context("no device tree")?;
    image.pack_for(workspace, Some(&tree))?;
    let x0 = place(&Layout::of(&image)?);
    let console = boot(&image, x0, Some(tree), PASS)?;
    says(&console, "KaaL: the device tree is the firmware's")
}

fn without_tree(workspace: &Workspace, x0: u64) -> Result<()> {
    let image = image(workspace, &[])?;
    image.pack(workspace)?;
    let console = boot(&image, x0, None, PASS)?;
    says(&console, "KaaL: the device tree is the embedded one")
}

fn fault(workspace: &Workspace, x0: u64, reason: &str) -> Result<()> {
    let image = image(workspace, &[])?;
    image.pack(workspace)?;
    let console = boot(&image, x0, None, "KaaL: powering off")?;
    says(&console, "KaaL: fault: data abort (")?;
    says(&console, reason)?;
    says(&console, "while reading the device tree that x0 points to")?;
    says(&console, &format!("FAR {x0:#x}"))?;
    says(&console, ": unpacker+0x")
}

fn too_large(workspace: &Workspace) -> Result<()> {
    /// Offset of the size of a device tree's last block in its header.
    const STRINGS_SIZE: usize = 32;
    const MORE: u32 = 2 << 20;

    let image = image(workspace, &[])?;
    image.pack(workspace)?;
    let mut tree = fs::read(dtb_of(&image)?)?;
    for offset in [4, STRINGS_SIZE] {
        let field = &mut tree[offset..offset + 4];
        let size = field
            .iter()
            .fold(0, |size, &byte| size << 8 | u32::from(byte));
        field.copy_from_slice(&(size + MORE).to_be_bytes());
    }
    let file = image.file("large.dtb");
    fs::write(&file, tree)?;
    let console = boot(&image, 0x7000_0000, Some(file), "KaaL: powering off")?;
    says(&console, "KaaL: error: the firmware's device tree takes 21")?;
    says(&console, " bytes, at most 2097152 are allowed")
}
