// SPDX-License-Identifier: BSD-2-Clause

//! Tests of parts that don't fit into memory.

use expect_test::{Expect, expect};

use crate::common::device_tree::DeviceTree;
use crate::common::folder::Folder;

fn check_device_tree(device_tree: DeviceTree, expected: Expect) {
    let folder = Folder::new();
    folder.put("kernel.dtb", device_tree.to_bytes());
    expected.assert_eq(&folder.refused(&[]));
}

#[test]
fn kernel_outside_ram() {
    let device_tree = DeviceTree {
        ram: vec![(0x4000_1000, 0x1000_0000)],
        ..DeviceTree::with_ram(0)
    };
    check_device_tree(
        device_tree,
        expect![[r#"
            error: --kernel kernel.elf: the kernel lies outside RAM
              expected: a place within 0x40001000..0x50001000 (--dtb kernel.dtb)
              found: 0x40000000..0x4023d000
              help: pass the kernel.dtb of the kernel's build, or build the kernel for the machine of this device tree
        "#]],
    );
}

/// A machine whose RAM only others may use, in part.
fn machine_with_no_map(start: u64, size: u64) -> DeviceTree {
    DeviceTree {
        no_map: vec![(start, size)],
        ..DeviceTree::with_ram(0x1000_0000)
    }
}

#[test]
fn kernel_in_memory_of_others() {
    check_device_tree(
        machine_with_no_map(0x4010_0000, 0x1000),
        expect![[r#"
        error: --kernel kernel.elf: the kernel covers memory that only its owner may use
          expected: a place without 0x40100000..0x40101000, which the node firmware@40100000 keeps to itself (no-map)
          found: the kernel at 0x40000000..0x4023d000
          help: build the kernel with that memory reserved in its device tree, so that seL4 places it elsewhere
    "#]],
    );
    check_device_tree(
        machine_with_no_map(0x4000_0000, 0x1000_0000),
        expect![[r#"
            error: --kernel kernel.elf: the kernel covers memory that only its owner may use
              expected: a place without 0x40000000..0x50000000, which the node firmware@40000000 keeps to itself (no-map)
              found: the kernel at 0x40000000..0x4023d000
              help: build the kernel with that memory reserved in its device tree, so that seL4 places it elsewhere
        "#]],
    );
}

#[test]
fn root_task_in_memory_of_others() {
    let folder = Folder::new();
    let device_tree = machine_with_no_map(0x4100_0000, 0x1000);
    folder.put("kernel.dtb", device_tree.to_bytes());
    expect![[r#"
        error: --app-offset 0xffe000: no place for the root task
          expected: a place without 0x41000000..0x41001000, which the node firmware@41000000 keeps to itself (no-map)
          found: 24576 bytes at 0x40ffe000
          help: leave the option out, or pass another offset
    "#]].assert_eq(&folder.refused(&[("--app-offset", "0xffe000")]));
}

#[test]
fn kernel_outside_tree_and_platform() {
    let folder = Folder::new();
    let device_tree = DeviceTree {
        ram: vec![(0x8000_0000, 0x1000_0000)],
        ..DeviceTree::with_ram(0)
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    folder.put(
        "platform.yaml",
        "memory:\n- end: 0x60000000\n  start: 0x50000000\n",
    );
    expect![[r#"
        error: --kernel kernel.elf: the kernel lies outside RAM
          expected: a place within 0x80000000..0x90000000 (--dtb kernel.dtb)
          found: 0x40000000..0x4023d000
          help: pass a kernel, a device tree and a platform of the same build
    "#]]
    .assert_eq(&folder.refused(&[("--platform", "platform.yaml")]));
}

#[test]
fn kernel_outside_the_platform_only() {
    let folder = Folder::new();
    folder.put(
        "platform.yaml",
        "memory:\n- end: 0x60000000\n  start: 0x50000000\n",
    );
    expect![[r#"
        error: --kernel kernel.elf: the kernel lies outside RAM
          expected: a place within 0x50000000..0x60000000 (--platform platform.yaml)
          found: 0x40000000..0x4023d000
          help: pass the platform_gen.yaml of the kernel's build
    "#]]
    .assert_eq(&folder.refused(&[("--platform", "platform.yaml")]));
}

#[test]
fn no_room_for_the_device_tree() {
    check_device_tree(
        DeviceTree::with_ram(0x23e000),
        expect![[r#"
            error: --dtb kernel.dtb: no room for the device tree in RAM
              expected: 65536 free bytes below 0x7fc0000000
              found: RAM 0x40000000..0x4023e000 (--dtb kernel.dtb), kernel 0x40000000..0x4023d000
              help: pass a platform with more RAM, or make the root task smaller
        "#]],
    );
}

/// The message names the first of those who keep the memory, and counts the rest.
#[test]
fn no_room_beside_memory_of_others() {
    let pages = (0..6).map(|page| (0x4023_d000 + page * 0x1000, 0x1000));
    let machine = DeviceTree {
        no_map: pages.collect(),
        ..DeviceTree::with_ram(0x24_2000)
    };
    check_device_tree(
        machine,
        expect![[r#"
        error: --dtb kernel.dtb: no room for the device tree in RAM
          expected: 65536 free bytes below 0x7fc0000000
          found: RAM 0x40000000..0x4023d000 (--dtb kernel.dtb), without 0x4023d000..0x4023e000, which the node firmware@4023d000 keeps to itself (no-map), without 0x4023e000..0x4023f000, which the node firmware@4023e000 keeps to itself (no-map), without 0x4023f000..0x40240000, which the node firmware@4023f000 keeps to itself (no-map), without 0x40240000..0x40241000, which the node firmware@40240000 keeps to itself (no-map), without 2 more (no-map), kernel 0x40000000..0x4023d000
          help: pass a platform with more RAM, or make the root task smaller
    "#]],
    );
}

#[test]
fn no_room_for_the_app() {
    check_device_tree(
        DeviceTree::with_ram(0x252000),
        expect![[r#"
            error: --app app.elf: no room for the root task in RAM
              expected: 24576 free bytes below 0x7fc0000000
              found: RAM 0x40000000..0x40252000 (--dtb kernel.dtb), kernel 0x40000000..0x4023d000
              help: pass a platform with more RAM, or make the root task smaller
        "#]],
    );
}

#[test]
fn no_room_for_the_loader() {
    check_device_tree(
        DeviceTree::with_ram(0x258000),
        expect![[r#"
            error: --loader loader.elf: no room for the loader in RAM
              expected: 57344 free bytes below 0x7fc0000000
              found: RAM 0x40000000..0x40258000 (--dtb kernel.dtb), kernel 0x40000000..0x4023d000
              help: pass a platform with more RAM, or make the root task smaller
        "#]],
    );
}

#[test]
fn app_offset_before_the_device_tree() {
    let folder = Folder::new();
    expect![[r#"
        error: --app-offset 0x24c000: no place for the root task
          expected: a multiple of 0x1000 from 0x24d000 on: behind 2347008 bytes of kernel and 65536 bytes for its device tree, in the order that seL4 requires
          found: 24576 bytes at 0x4024c000
          help: leave the option out, or pass another offset; pass --kernel-dtb none if the root task needs no device tree
    "#]]
    .assert_eq(&folder.refused(&[("--app-offset", "0x24c000")]));
    folder.accepted(&[("--app-offset", "0x24d000")]);
}

#[test]
fn app_offset_within_a_page() {
    expect![[r#"
        error: --app-offset 0x800800: not a multiple of the page size
          expected: a multiple of 0x1000
          found: 0x800800
          help: correct the number, or leave the option out
    "#]]
    .assert_eq(&Folder::misused(&[("--app-offset", "0x800800")]));
}

#[test]
fn app_offset_outside_ram() {
    let folder = Folder::new();
    expect![[r#"
        error: --app-offset 0x10000000: no place for the root task
          expected: a place within 0x40000000..0x50000000 (--dtb kernel.dtb)
          found: 24576 bytes at 0x50000000
          help: leave the option out, or pass another offset
    "#]]
    .assert_eq(&folder.refused(&[("--app-offset", "0x10000000")]));
}

#[test]
fn app_offset_past_the_address_space() {
    let folder = Folder::new();
    expect![[r#"
        error: --app-offset 0xfffffffffffff000: no place for the root task
          expected: a place within 0x40000000..0x50000000 (--dtb kernel.dtb)
          found: 24576 bytes at 0x40000000 + 0xfffffffffffff000, which exceeds 64 bits
          help: leave the option out, or pass another offset
    "#]]
    .assert_eq(&folder.refused(&[("--app-offset", "0xfffffffffffff000")]));
}
