// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the rules about places in memory.

use expect_test::expect;

use super::{changed, check, folder, line, refused};
use crate::common::device_tree::{Core, DeviceTree};

#[test]
fn alignment() {
    let folder = changed(|payload| payload.device_tree.start.0 += 8);
    refused(
        &folder,
        &[],
        "alignment",
        expect![[r#"
            error        alignment         the device tree isn't page-aligned
              expected: a multiple of 4096
              found: 0x4023d008
              help: build the image again"#]],
    );
}

#[test]
fn disjoint() {
    let folder = changed(|payload| payload.device_tree.capacity += 4096);
    refused(
        &folder,
        &[],
        "disjoint",
        expect![[r#"
            error        disjoint          the device tree and the user image overlap
              expected: parts that don't overlap
              found: 0x4023d000..0x4024e000 and 0x4024d000..0x4024e128
              help: build the image again without --app-offset"#]],
    );
}

#[test]
fn order() {
    let folder = changed(|payload| payload.device_tree.start.0 = 0x4800_0000);
    refused(
        &folder,
        &[],
        "order",
        expect![[r#"
            error        order             the parts are in the wrong order for the kernel
              expected: the kernel, then the device tree, then the user image
              found: kernel 0x40000000..0x4023d000, device tree 0x48000000..0x48010000, user image 0x4024d000..0x40253000
              help: build the image again without --app-offset"#]],
    );
}

#[test]
fn contiguous() {
    let folder = changed(|payload| payload.user_image.memory.end.0 += 4096);
    refused(
        &folder,
        &[],
        "contiguous",
        expect![[r#"
            error        contiguous        the image lacks a part of the user image
              expected: regions that cover 0x4024d000..0x40254000
              found: 0x4024d000..0x4024e128, 0x4024e128..0x40253000
              help: build the image again"#]],
    );
}

#[test]
fn ram() {
    let folder = folder();
    folder.put("board.dtb", DeviceTree::with_ram(0x20_0000).to_bytes());
    refused(
        &folder,
        &["--dtb", "board.dtb"],
        "ram",
        expect![[r#"
            error        ram               the device tree has no RAM for the kernel
              expected: a place within 0x40000000..0x40200000
              found: 0x40000000..0x4023d000
              help: build the image for this machine, with its device tree as --dtb"#]],
    );
}

#[test]
fn ram_that_only_its_owner_may_use() {
    let folder = folder();
    let device_tree = DeviceTree {
        no_map: vec![(0x4100_0000, 0x1000), (0x4020_0000, 0x1000)],
        ..DeviceTree::with_ram(0x1000_0000)
    };
    folder.put("board.dtb", device_tree.to_bytes());
    refused(
        &folder,
        &["--dtb", "board.dtb"],
        "ram",
        expect![[r#"
        error        ram               the device tree has no RAM for the kernel
          expected: a place without 0x40200000..0x40201000, which the node firmware@40200000 keeps to itself (no-map)
          found: 0x40000000..0x4023d000
          help: build the image for this machine, with its device tree as --dtb"#]],
    );
}

#[test]
fn release_words() {
    let folder = folder();
    let put = |word| {
        let device_tree = DeviceTree::with_cores(vec![Core::polling(0, word)]);
        folder.put("board.dtb", device_tree.to_bytes());
    };
    put(0x4800_0000);
    let text = line(&check(&folder, &["--dtb", "board.dtb"]), "release-words");
    expect!["ok           release-words     words that cores poll: 1, none of them in the image"]
        .assert_eq(&text);
    put(0x4000_0200);
    refused(
        &folder,
        &["--dtb", "board.dtb"],
        "release-words",
        expect![[r#"
            error        release-words     a core polls a word in the kernel
              expected: a kernel without 0x40000200..0x40000208, the word that cpu@0 polls (cpu-release-addr)
              found: 0x40000000..0x4023d000
              help: build the image for this machine, with its device tree as --dtb"#]],
    );
}

#[test]
fn paddr_top() {
    let folder = changed(|payload| payload.device_tree.capacity = 0x80_0000_0000);
    refused(
        &folder,
        &[],
        "paddr-top",
        expect![[r#"
            error        paddr-top         the kernel can't map the device tree
              expected: an end at 0x7fc0000000 (PADDR_TOP) or below
              found: 0x4023d000..0x804023d000
              help: build the image with a --platform that has RAM below that address"#]],
    );
}
