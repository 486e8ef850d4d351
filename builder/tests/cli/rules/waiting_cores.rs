// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the rule `waiting-cores`: all cores need the loader until the last is in the kernel.

use expect_test::expect;

use super::{CONFIG, GIVEN, PLATFORM, check, line, refused, warned};
use crate::common::device_tree::{Core, DeviceTree};
use crate::common::folder::Folder;
use crate::common::loaded::Loaded;

/// A folder for a machine with two cores and `ram` bytes of RAM. Its kernel waits for both cores and creates a root
/// CNode of 2^`cnode_bits` slots.
fn folder(ram: u64, cnode_bits: u32) -> Folder {
    let folder = Folder::new();
    let device_tree = DeviceTree {
        ram: vec![(0x4000_0000, ram)],
        ..DeviceTree::with_cores(Core::all([0, 1]))
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    let end = format!("{:#x}", 0x4000_0000 + ram);
    folder.put("platform.yaml", PLATFORM.replace("0x50000000", &end));
    let config = CONFIG
        .replace(r#""MAX_NUM_NODES": "1""#, r#""MAX_NUM_NODES": "2""#)
        .replace(
            r#"SIZE_BITS": "12""#,
            &format!(r#"SIZE_BITS": "{cnode_bits}""#),
        );
    folder.put("config.json", config);
    folder
}

/// The options with the kernel's files.
fn given() -> [(&'static str, &'static str); 2] {
    [(GIVEN[0], GIVEN[1]), (GIVEN[2], GIVEN[3])]
}

/// The address of the loader in the image.
fn loader(folder: &Folder) -> u64 {
    let loaded = Loaded::new(&folder.get("image.elf"));
    loaded.payload().load_address.0
}

#[test]
fn the_loader_is_left_alone() {
    let folder = folder(0x1000_0000, 16);
    folder.accepted(&[("--cores", "2"), ("--app-offset", "0xf900000")]);
    assert_eq!(loader(&folder), 0x4fa0_0000);
    expect!["ok           waiting-cores     0x4fa00000..0x4fa0e000 stays intact until all cores are in the kernel"].assert_eq(&line(&check(&folder, &GIVEN), "waiting-cores"));
    expect!["not checked  waiting-cores     --kernel-config is not given"]
        .assert_eq(&line(&check(&folder, &[]), "waiting-cores"));
}

#[test]
fn the_objects_lie_on_the_loader() {
    let folder = folder(0x1000_0000, 16);
    let offset = ("--app-offset", "0xfa00000");
    folder.accepted(&[("--cores", "2"), offset]);
    assert_eq!(loader(&folder), 0x4fc0_0000);
    refused(
        &folder,
        &GIVEN,
        "waiting-cores",
        expect![[r#"
            error        waiting-cores     the kernel overwrites the loader while other cores need it
              expected: the objects of the root task outside of 0x4fc00000..0x4fc0e000, the loader and its page tables
              found: 0x4fc00000..0x4fe08800
              help: build the image again with --kernel-config and without --app-offset"#]],
    );
    // Only the device tree names RAM.
    let text = line(&check(&folder, &GIVEN[2..]), "waiting-cores");
    assert!(text.starts_with("warning "), "{text}");
    // A kernel for one core doesn't need the loader any more.
    folder.accepted(&[offset]);
    let text = line(&check(&folder, &GIVEN), "waiting-cores");
    assert!(text.starts_with("ok "), "{text}");
}

#[test]
fn a_larger_device_tree_moves_the_objects() {
    let folder = folder(0x2b_0000, 12);
    folder.accepted(&[("--cores", "2")]);
    warned(
        &folder,
        &GIVEN,
        "waiting-cores",
        expect![[r#"
            warning      waiting-cores     with a device tree of another size, the kernel overwrites the loader while other cores need it
              expected: the objects of the root task outside of 0x40253000..0x40261000, the loader and its page tables
              found: 0x40260000..0x40297800 with a device tree of 65520 bytes
              help: build the image again with --kernel-config and without --app-offset"#]],
    );
}

#[test]
fn builds_place_the_loader_elsewhere() {
    for (folder, offset, place) in [
        (folder(0x1000_0000, 16), Some("0xfa00000"), 0x4fa0_6000),
        (folder(0x2b_0000, 12), None, 0x4024_d000),
    ] {
        let offset = offset.map(|offset| ("--app-offset", offset));
        let options: Vec<_> = given().into_iter().chain(offset).collect();
        assert_eq!(folder.accepted(&options), "");
        assert_eq!(loader(&folder), place);
        let text = line(&check(&folder, &GIVEN), "waiting-cores");
        assert!(text.starts_with("ok "), "{text}");
    }
}

#[test]
fn builds_for_machines_without_another_place_are_refused() {
    let folder = folder(0x28_9000, 12);
    expect![[r#"
        error: --kernel kernel.elf: the kernel overwrites the loader while other cores need it (rule waiting-cores)
          expected: the objects of the root task outside of 0x40253000..0x40261000, the loader and its page tables
          found: 0x40260000..0x40288800
          help: leave --app-offset out, or build the kernel with a smaller KernelRootCNodeSizeBits or for more RAM
    "#]].assert_eq(&folder.refused(&given()));
}
