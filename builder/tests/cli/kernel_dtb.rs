// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the device tree that the kernel gets.

use expect_test::expect;
use kaal_payload::RegionKind;

use crate::common::device_tree::{Core, DeviceTree};
use crate::common::folder::Folder;
use crate::common::loaded::Loaded;
use crate::common::programs::KERNEL_SIZE;

fn load(folder: &Folder, changes: &[(&str, &str)]) -> Loaded {
    folder.accepted(changes);
    Loaded::new(&folder.get("image.elf"))
}

/// The line of `inspect` about the device tree.
fn inspected(folder: &Folder) -> String {
    let output = folder.command(&["inspect", "image.elf"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let mut lines = text.lines();
    let line = lines.find(|line| line.starts_with("device tree"));
    line.expect("a line about it").to_owned()
}

#[test]
fn firmware() {
    let folder = Folder::new();
    let chosen = load(&folder, &[("--kernel-dtb", "firmware")]);
    assert!(chosen.payload().device_tree.takes_another());
    let by_default = load(&folder, &[]);
    assert_eq!(chosen.payload(), by_default.payload());
}

#[test]
fn embedded() {
    let folder = Folder::new();
    let size = load(&folder, &[]).payload().device_tree.size;
    let loaded = load(&folder, &[("--kernel-dtb", "embedded")]);
    let payload = loaded.payload();
    let slot = payload.device_tree;
    assert_eq!((slot.size, slot.capacity), (size, size));
    assert!(payload.check_places().is_ok());
    // The next page is the root task's.
    let behind = (slot.start.0 + size).next_multiple_of(4096);
    assert_eq!(payload.user_image.memory.start.0, behind);
    expect!["device tree       456 bytes, the kernel gets no other"].assert_eq(&inspected(&folder));
    let output = folder.command(&["check", "image.elf"]);
    assert!(output.status.success());
}

#[test]
fn none() {
    let folder = Folder::new();
    let with_tree = load(&folder, &[]);
    let loaded = load(&folder, &[("--kernel-dtb", "none")]);
    let payload = loaded.payload();
    assert_eq!(
        (payload.device_tree.size, payload.device_tree.capacity),
        (0, 0)
    );
    assert!(payload.check_places().is_ok());
    let kinds = payload.regions.iter().map(|region| region.kind());
    assert!(
        !kinds
            .into_iter()
            .any(|kind| kind == Some(RegionKind::DeviceTree))
    );
    // The root task follows the kernel.
    let start = payload.user_image.memory.start.0;
    assert_eq!(start, 0x4000_0000 + KERNEL_SIZE);
    // The loader knows the machine nevertheless.
    assert_eq!(payload.machine, with_tree.payload().machine);
    expect!["device tree       none for the kernel"].assert_eq(&inspected(&folder));
}

#[test]
fn none_in_the_memory_map_and_the_manifest() {
    let folder = Folder::new();
    let messages = folder.accepted(&[("--kernel-dtb", "none"), ("--verbose", "")]);
    assert!(!messages.contains("device tree  "), "{messages}");
    assert!(
        messages.contains("\nthe kernel gets no device tree\n"),
        "{messages}"
    );
    let manifest: serde_json::Value =
        serde_json::from_slice(&folder.get("image.elf.json")).expect("JSON");
    assert_eq!(manifest["settings"]["kernelDtb"], "none");
    assert_eq!(manifest["payload"]["deviceTree"]["kernel"], "none");
}

/// The loader knows the cores, though the image lacks the device tree that names them.
#[test]
fn several_cores_without_a_device_tree() {
    let folder = Folder::new();
    let tree = DeviceTree::with_cores(Core::all([0, 1]));
    folder.put("kernel.dtb", tree.to_bytes());
    let loaded = load(&folder, &[("--cores", "2"), ("--kernel-dtb", "none")]);
    assert_eq!(loaded.payload().cpus.len(), 2);
    let output = folder.command(&["check", "image.elf", "--dtb", "kernel.dtb"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    for expected in [
        "order             kernel 0x40000000..0x4023d000, no device tree, user image",
        "device-tree-size  the kernel gets none",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn root_task_behind_a_kernel_without_a_device_tree() {
    let folder = Folder::new();
    let offset = format!("{KERNEL_SIZE:#x}");
    expect![[r#"
        error: --app-offset 0x23d000: no place for the root task
          expected: a multiple of 0x1000 from 0x24d000 on: behind 2347008 bytes of kernel and 65536 bytes for its device tree, in the order that seL4 requires
          found: 24576 bytes at 0x4023d000
          help: leave the option out, or pass another offset; pass --kernel-dtb none if the root task needs no device tree
    "#]]
    .assert_eq(&folder.refused(&[("--app-offset", &offset)]));
    folder.accepted(&[("--app-offset", &offset), ("--kernel-dtb", "none")]);
    expect![[r#"
        error: --app-offset 0x23c000: no place for the root task
          expected: a multiple of 0x1000 from 0x23d000 on: behind the kernel
          found: 24576 bytes at 0x4023c000
          help: leave the option out, or pass another offset
    "#]]
    .assert_eq(&folder.refused(&[("--app-offset", "0x23c000"), ("--kernel-dtb", "none")]));
}

#[test]
fn conflicts() {
    expect![[r#"
        error: --kernel-dtb embedded: needs a device tree
          expected: the option --dtb
          found: none
          help: pass the machine's device tree as --dtb, or leave the option out
    "#]]
    .assert_eq(&Folder::misused(&[
        ("--kernel-dtb", "embedded"),
        ("--dtb", ""),
    ]));
    expect![[r#"
        error: --bootargs: stands in the kernel's device tree, but the kernel gets none
          expected: --kernel-dtb embedded or firmware
          found: --kernel-dtb none
          help: leave one of the options out
    "#]]
    .assert_eq(&Folder::misused(&[
        ("--kernel-dtb", "none"),
        ("--bootargs", "quiet"),
    ]));
}
