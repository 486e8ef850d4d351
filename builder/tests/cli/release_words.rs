// SPDX-License-Identifier: BSD-2-Clause

//! Tests of cores that poll a word (spin-table): no part of an image lies on one.

use expect_test::expect;
use kaal_elfloader_builder::{File, ImageReader};
use kaal_payload::{PhysAddr, PhysRange};

use crate::common::device_tree::{Core, DeviceTree};
use crate::common::folder::Folder;

/// Where the parts of an image lie without words.
const KERNEL: u64 = 0x4000_0000;
const DEVICE_TREE: u64 = 0x4023_d000;
const USER_IMAGE: u64 = 0x4024_d000;
const LOADER: u64 = 0x4040_0000;
const WORK_AREA: u64 = 0x4040_e000;

type Changes = &'static [(&'static str, &'static str)];

const ELF: Changes = &[];
const RAW: Changes = &[("--format", "raw"), ("--unpacker", "unpacker.elf")];

/// A folder for a machine with two cores, the second of which polls `word`. By the specification, it may be "disabled"
/// until it is started.
fn folder(word: u64) -> Folder {
    let folder = Folder::new();
    let polling = Core {
        status: "disabled",
        ..Core::polling(1, word)
    };
    let cores = vec![Core::all([0])[0], polling];
    folder.put("kernel.dtb", DeviceTree::with_cores(cores).to_bytes());
    folder
}

/// All memory that the image in `folder` uses.
fn memory(folder: &Folder) -> Vec<PhysRange> {
    let content = folder.get("image.elf");
    let path = "image.elf".as_ref();
    let image = ImageReader::open(File {
        path,
        content: &content,
    });
    let image = image.expect("an image");
    let slot = image.payload().device_tree;
    let scratch = image.package().and_then(|package| package.scratch.memory());
    let extents = image.extents().iter().map(|extent| extent.memory);
    extents
        .chain(PhysRange::from_size(slot.start, slot.capacity))
        .chain(scratch)
        .collect()
}

fn uses(folder: &Folder, word: u64) -> bool {
    let word = PhysRange::new(PhysAddr(word), 8);
    memory(folder).iter().any(|memory| memory.overlaps(word))
}

#[test]
fn all_parts_avoid_them() {
    for (format, part) in [
        (ELF, DEVICE_TREE),
        (ELF, USER_IMAGE),
        (ELF, LOADER),
        (RAW, WORK_AREA),
    ] {
        let without = Folder::new();
        without.accepted(format);
        // The first word of a page, the last one, and one that reaches into the next page.
        for word in [part, part + 0xff8, part + 0xffc] {
            assert!(uses(&without, word), "{word:#x}");
            let folder = folder(word);
            // It makes no difference whether the kernel waits for the core.
            for cores in ["1", "2"] {
                folder.accepted(&[format, &[("--cores", cores)]].concat());
                assert!(!uses(&folder, word), "{word:#x}");
            }
        }
    }
}

#[test]
fn the_kernel_cannot_avoid_one() {
    let within = folder(KERNEL + 0x200);
    let expected = within.refused(&[("--cores", "1")]);
    assert_eq!(within.refused(&[("--cores", "2")]), expected);
    expect![[r#"
        error: --kernel kernel.elf: the kernel covers a word that a core polls
          expected: a place without 0x40000200..0x40000208, the word that cpu@1 polls (cpu-release-addr)
          found: the kernel at 0x40000000..0x4023d000
          help: build the kernel with that memory reserved in its device tree, so that seL4 places it elsewhere
    "#]].assert_eq(&expected);
    // A word that begins before the kernel's end, and one that begins there.
    folder(DEVICE_TREE - 1).refused(&[]);
    folder(DEVICE_TREE).accepted(&[]);
}

#[test]
fn the_user_image_at_an_offset_cannot_avoid_one() {
    let folder = folder(0x4800_1004);
    folder.accepted(&[("--app-offset", "0x8002000")]);
    expect![[r#"
        error: --app-offset 0x8000000: no place for the root task
          expected: a place without 0x48001004..0x4800100c, the word that cpu@1 polls (cpu-release-addr)
          found: 24576 bytes at 0x48000000
          help: leave the option out, or pass another offset
    "#]].assert_eq(&folder.refused(&[("--app-offset", "0x8000000")]));
}

#[test]
fn a_file_at_its_load_address_cannot_avoid_one() {
    expect![[r#"
        error: --load-address 0x42000000: the image can't run at this address
          expected: 16256 bytes of RAM
          found: RAM 0x40000000..0x50000000 (--dtb kernel.dtb), without 0x42000010..0x42000018, the word that cpu@1 polls (cpu-release-addr)
          help: pass another address, or none if the firmware chooses it
    "#]].assert_eq(&folder(0x4200_0010).refused(&[
        ("--format", "uimage"),
        ("--unpacker", "unpacker.elf"),
        ("--load-address", "0x42000000"),
    ]));
}

#[test]
fn no_room_beside_one() {
    let folder = Folder::new();
    let device_tree = DeviceTree {
        ram: vec![(KERNEL, 0x26_1000)],
        ..DeviceTree::with_ram(0)
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    folder.accepted(&[]);
    let device_tree = DeviceTree {
        cores: vec![Core::polling(1, 0x4025_7000)],
        ..device_tree
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    expect![[r#"
        error: --loader loader.elf: no room for the loader in RAM
          expected: 57344 free bytes below 0x7fc0000000
          found: RAM 0x40000000..0x40261000 (--dtb kernel.dtb), without 0x40257000..0x40257008, the word that cpu@0 polls (cpu-release-addr), kernel 0x40000000..0x4023d000
          help: pass a platform with more RAM, or make the root task smaller
    "#]].assert_eq(&folder.refused(&[]));
}
