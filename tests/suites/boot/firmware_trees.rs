// SPDX-License-Identifier: BSD-2-Clause

//! Odd and malformed device trees of a firmware.

use std::fs;

use anyhow::{Context, Result, ensure};
use dtoolkit::memreserve::MemoryReservation;
use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};
use kaal_harness::probe::PASS;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::console::with_unknown_uart;
use crate::device_tree::{bank, edit, remove_ram, reserve, set_ram};
use crate::firmware::{DTB_ADDRESS, boot, dtb_of, image};
use crate::image::Image;
use crate::{says, trial};

/// The RAM of the tests' machine, and an address in the probe kernel's image.
const RAM: (u64, u64) = (0x4000_0000, 0x4000_0000);
const IN_KERNEL: u64 = 0x4010_0000;

const FIRMWARE: &str = "KaaL: the device tree is the firmware's";
const NO_STDOUT: &str = "KaaL: it has no stdout-path\r\n";
const EMBEDDED: &str = "KaaL: the device tree is the embedded one";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        trial(
            workspace,
            "firmware_trees::memory_of_the_firmware",
            |workspace| {
                let expected = "(no-map); build the image for it with --dtb";
                let console = boot_edited(workspace, expected, |tree| {
                    reserve(tree, IN_KERNEL, 0x1000, true)
                })?;
                says(&console, "KaaL: error: the image needs 0x40000000..")?;
                says(
                    &console,
                    "of which the firmware keeps 0x40100000..0x40101000 to itself",
                )?;
                is_not_entered(&console)
            },
        ),
        trial(workspace, "firmware_trees::reserved_memory", |workspace| {
            let console = boot_edited(workspace, PASS, |tree| {
                reserve(tree, IN_KERNEL, 0x1000, false)
            })?;
            says(&console, "of which 0x40100000..0x40101000 is reserved")
        }),
        trial(
            workspace,
            "firmware_trees::reservations_of_firmware_itself",
            |workspace| {
                let console = boot_edited(workspace, PASS, |tree| {
                    let device_tree = MemoryReservation::new(DTB_ADDRESS, 0x10_0000);
                    tree.memory_reservations.push(device_tree);
                    reserve(tree, DTB_ADDRESS + 0x100_0000, 0x1000, true)
                })?;
                ensure!(!console.contains("reserved"), "{console}");
                says(&console, FIRMWARE)
            },
        ),
        trial(workspace, "firmware_trees::many_banks", |workspace| {
            // Each part of the image lies in several, in the wrong order.
            const COUNT: u64 = 64;
            const SIZE: u64 = 0x10_0000;
            let small = (1..COUNT).rev().map(|bank| (RAM.0 + bank * SIZE, SIZE));
            let rest = (RAM.0 + COUNT * SIZE, RAM.1 - COUNT * SIZE);
            let banks: Vec<_> = [rest]
                .into_iter()
                .chain(small)
                .chain([(RAM.0, SIZE)])
                .collect();
            boot_edited(workspace, PASS, |tree| set_ram(tree, &banks)).map(drop)
        }),
        trial(workspace, "firmware_trees::too_many_banks", |workspace| {
            const COUNT: u64 = 129;
            const SIZE: u64 = 0x1000;
            let banks: Vec<_> = (0..COUNT).map(|bank| (2 * bank * SIZE, SIZE)).collect();
            let expected = "names more than 128 ranges of memory; pass a smaller one";
            let console = boot_edited(workspace, expected, |tree| set_ram(tree, &banks))?;
            is_not_entered(&console)
        }),
        trial(
            workspace,
            "firmware_trees::overlapping_banks",
            |workspace| {
                let banks = [(0x4010_0000, RAM.1 - 0x10_0000), (RAM.0, 0x20_0000)];
                boot_edited(workspace, PASS, |tree| set_ram(tree, &banks)).map(drop)
            },
        ),
        trial(workspace, "firmware_trees::no_console", |workspace| {
            let console = boot_edited(workspace, PASS, |tree| {
                let chosen = tree.root.child_mut("chosen").context("no /chosen")?;
                chosen.remove_property("stdout-path").context("no path")?;
                Ok(())
            })?;
            says(&console, FIRMWARE)?;
            says(&console, NO_STDOUT)
        }),
        trial(workspace, "firmware_trees::empty_console", |workspace| {
            let console = boot_edited(workspace, PASS, |tree| {
                let chosen = tree.root.child_mut("chosen").context("no /chosen")?;
                chosen.remove_property("stdout-path").context("no path")?;
                chosen.add_property(DeviceTreeProperty::new("stdout-path", "")?);
                Ok(())
            })?;
            says(&console, NO_STDOUT)
        }),
        trial(
            workspace,
            "firmware_trees::guessed_console",
            guessed_console,
        ),
        trial(workspace, "firmware_trees::no_memory_node", |workspace| {
            names_no_ram(workspace, remove_ram)
        }),
        trial(
            workspace,
            "firmware_trees::memory_of_half_an_entry",
            |workspace| {
                names_no_ram(workspace, |tree| {
                    remove_ram(tree)?;
                    tree.root
                        .add_child(bank(RAM.0, vec![0x4000_0000, 0x4000_0000])?);
                    Ok(())
                })
            },
        ),
        trial(
            workspace,
            "firmware_trees::memory_past_the_address_space",
            |workspace| {
                names_no_ram(workspace, |tree| {
                    remove_ram(tree)?;
                    tree.root.add_child(bank(RAM.0, vec![u32::MAX, 0, 1, 0])?);
                    Ok(())
                })
            },
        ),
        trial(workspace, "firmware_trees::empty_memory", |workspace| {
            names_no_ram(workspace, |tree| set_ram(tree, &[(RAM.0, 0)]))
        }),
        trial(workspace, "firmware_trees::memory_elsewhere", |workspace| {
            is_no_ram(workspace, "0x80000000..0xc0000000", |tree| {
                set_ram(tree, &[(0x8000_0000, RAM.1)])
            })
        }),
        trial(workspace, "firmware_trees::circles", |workspace| {
            let console = boot_edited(workspace, PASS, add_circles)?;
            says(&console, FIRMWARE)
        }),
        trial(
            workspace,
            "firmware_trees::property_behind_a_subnode",
            property_behind_a_subnode,
        ),
        trial(workspace, "firmware_trees::bad_magic", |workspace| {
            let image = image(workspace)?;
            let mut blob = fs::read(dtb_of(&image)?)?;
            blob[0] ^= 1;
            is_ignored(&image, &blob)
        }),
        trial(
            workspace,
            "firmware_trees::a_mebibyte_of_garbage",
            |workspace| is_ignored(&image(workspace)?, &garbage()),
        ),
        trial(
            workspace,
            "firmware_trees::a_mebibyte_of_garbage_behind_a_header",
            |workspace| {
                let image = image(workspace)?;
                let mut blob = fs::read(dtb_of(&image)?)?;
                let header = with_blocks(&blob[..HEADER_SIZE]);
                blob = garbage();
                blob[..HEADER_SIZE].copy_from_slice(&header);
                is_ignored(&image, &blob)
            },
        ),
        trial(
            workspace,
            "firmware_trees::a_mebibyte_of_nodes",
            |workspace| {
                let expected = "KaaL: error: the firmware's device tree takes 1";
                boot_edited(workspace, expected, add_nodes).map(drop)
            },
        ),
    ]
}

/// Boots with a firmware's device tree: the machine's own, changed.
fn boot_edited(
    workspace: &Workspace,
    expected: &str,
    change: impl FnOnce(&mut DeviceTree) -> Result<()>,
) -> Result<String> {
    let image = image(workspace)?;
    let dtb = image.file("firmware.dtb");
    fs::copy(dtb_of(&image)?, &dtb)?;
    edit(&dtb, change)?;
    boot(&image, Some(dtb), DTB_ADDRESS, expected)
}

/// Neither tree names a console that the loader supports, but the firmware's names seL4's choice.
fn guessed_console(workspace: &Workspace) -> Result<()> {
    let image = image(workspace)?;
    let dtb = image.file("firmware.dtb");
    fs::copy(dtb_of(&image)?, &dtb)?;
    let image = with_unknown_uart(image)?;
    edit(&dtb, |tree| {
        let chosen = tree.root.child_mut("chosen").context("no /chosen")?;
        chosen.remove_property("stdout-path").context("no path")?;
        let choice = b"/psci\0/pl011@9000000\0".as_slice();
        chosen.add_property(DeviceTreeProperty::new("seL4,elfloader-devices", choice)?);
        Ok(())
    })?;
    let console = boot(&image, Some(dtb), DTB_ADDRESS, PASS)?;
    says(&console, FIRMWARE)?;
    says(&console, NO_STDOUT)
}

/// The firmware's device tree is no help.
fn names_no_ram(
    workspace: &Workspace,
    change: impl FnOnce(&mut DeviceTree) -> Result<()>,
) -> Result<()> {
    let expected = "KaaL: error: the firmware's device tree names no RAM; start the image";
    let console = boot_edited(workspace, expected, change)?;
    is_not_entered(&console)
}

/// The loader prints the actual RAM.
fn is_no_ram(
    workspace: &Workspace,
    ram: &str,
    change: impl FnOnce(&mut DeviceTree) -> Result<()>,
) -> Result<()> {
    let console = boot_edited(workspace, "build the image for it with --dtb", change)?;
    says(&console, "KaaL: error: the image needs 0x40000000..")?;
    says(&console, &format!("this machine's RAM is {ram};"))?;
    is_not_entered(&console)
}

fn is_not_entered(console: &str) -> Result<()> {
    ensure!(!console.contains("entering the kernel"), "{console}");
    Ok(())
}

/// The loader ignores what the firmware passes.
fn is_ignored(image: &Image, handed_over: &[u8]) -> Result<()> {
    let dtb = image.file("firmware.dtb");
    fs::write(&dtb, handed_over)?;
    let console = boot(image, Some(dtb), DTB_ADDRESS, PASS)?;
    says(&console, EMBEDDED)
}

/// A property of a subnode, moved behind that, where it is the root's.
fn property_behind_a_subnode(workspace: &Workspace) -> Result<()> {
    const VALUE: [u8; 4] = [0xa5; 4];
    const HEAD: usize = 12;
    const END_NODE: usize = 4;

    let image = image(workspace)?;
    let dtb = image.file("firmware.dtb");
    fs::copy(dtb_of(&image)?, &dtb)?;
    edit(&dtb, |tree| {
        let mut node = DeviceTreeNode::new("early")?;
        node.add_property(DeviceTreeProperty::new("late", VALUE)?);
        tree.root.add_child(node);
        Ok(())
    })?;
    let mut blob = fs::read(&dtb)?;
    let value = blob.windows(VALUE.len()).position(|bytes| bytes == VALUE);
    let value = value.context("no such property")?;
    blob[value - HEAD..value + VALUE.len() + END_NODE].rotate_right(END_NODE);
    fs::write(&dtb, blob)?;
    let expected = "device tree has a property behind a subnode; sort it with dtc";
    let console = boot(&image, Some(dtb), DTB_ADDRESS, expected)?;
    is_not_entered(&console)
}

/// Makes phandles and aliases point to each other.
fn add_circles(tree: &mut DeviceTree) -> Result<()> {
    for (name, own, other) in [("one", 0x100u32, 0x101u32), ("other", 0x101, 0x100)] {
        let mut node = DeviceTreeNode::new(name)?;
        for (name, phandle) in [("phandle", own), ("interrupt-parent", other)] {
            node.add_property(DeviceTreeProperty::new(name, phandle)?);
        }
        tree.root.add_child(node);
    }
    let mut aliases = DeviceTreeNode::new("aliases")?;
    for (name, other) in [("serial0", "serial1"), ("serial1", "serial0")] {
        aliases.add_property(DeviceTreeProperty::new(name, other)?);
    }
    tree.root.add_child(aliases);
    Ok(())
}

/// Adds more nodes with longer names than any machine has, where the loader looks for RAM.
fn add_nodes(tree: &mut DeviceTree) -> Result<()> {
    for index in 0..18_000 {
        let name = format!("memory-with-a-long-name@{index:07}");
        let mut node = DeviceTreeNode::new(name)?;
        node.add_property(DeviceTreeProperty::new("device_type", "memory")?);
        tree.root.add_child(node);
    }
    Ok(())
}

/// A mebibyte of noise, the same in each run.
fn garbage() -> Vec<u8> {
    let mut state = 1u32;
    let byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(byte).take(1 << 20).collect()
}

const HEADER_SIZE: usize = 40;

/// A header with a structure block of half a mebibyte, in a tree of one mebibyte.
fn with_blocks(header: &[u8]) -> Vec<u8> {
    const TOTAL_SIZE: usize = 4;
    const STRUCTURE_SIZE: usize = 36;

    let mut header = header.to_vec();
    for (field, size) in [(TOTAL_SIZE, 1u32 << 20), (STRUCTURE_SIZE, 1 << 19)] {
        header[field..field + 4].copy_from_slice(&size.to_be_bytes());
    }
    header
}
