// SPDX-License-Identifier: BSD-2-Clause

//! What the machine is.

use expect_test::expect;

use super::{GIVEN, PLATFORM, check, config_with, folder, line, refused, warned};
use crate::common::device_tree::{Core, DeviceTree};

#[test]
fn cores() {
    let folder = config_with("MAX_NUM_NODES", "2");
    refused(
        &folder,
        &GIVEN,
        "cores",
        expect![[r#"
        error        cores             not the kernel's number of cores
          expected: MAX_NUM_NODES 1, as the image starts cores
          found: 2
          remedy: build the image with the configuration of its kernel"#]],
    );

    let two = DeviceTree {
        cores: Core::all([0, 1]),
        ..DeviceTree::with_ram(0x1000_0000)
    };
    folder.put("board.dtb", folder.get("kernel.dtb"));
    folder.put("kernel.dtb", two.to_bytes());
    folder.accepted(&[("--cores", "2")]);
    refused(
        &folder,
        &["--dtb", "board.dtb"],
        "cores",
        expect![[r#"
        error        cores             the machine has fewer cores than the kernel waits for
          expected: 2 cores
          found: 0
          remedy: build the kernel with a KernelMaxNumNodes that fits"#]],
    );
}

#[test]
fn board_ram() {
    let folder = folder();
    let larger = PLATFORM.replace("0x50000000", "0x60000000");
    folder.put("platform.yaml", larger);
    warned(
        &folder,
        &GIVEN,
        "board-ram",
        expect![[r#"
        warning      board-ram         the kernel was built for RAM that the machine doesn't have
          expected: RAM within 0x40000000..0x50000000
          found: 0x40000000..0x60000000, of which 0x50000000..0x60000000 is elsewhere
          remedy: build the kernel for this machine: it takes all of it for RAM"#]],
    );
    let lower = PLATFORM.replace("0x40000000", "0x3f000000");
    folder.put("platform.yaml", lower);
    expect![[r#"
        warning      board-ram         not the platform that the kernel was built for
          expected: RAM from 0x40000000 on, where the kernel lies
          found: 0x3f000000..0x50000000
          remedy: give kernel.elf and platform_gen.yaml of the same build"#]]
    .assert_eq(&line(&check(&folder, &GIVEN), "board-ram"));
}

#[test]
fn device_tree_size() {
    let folder = folder();
    let large = DeviceTree {
        note: 0x10000,
        ..DeviceTree::with_ram(0x1000_0000)
    };
    folder.put("board.dtb", large.to_bytes());
    refused(
        &folder,
        &["--dtb", "board.dtb"],
        "device-tree-size",
        expect![[r#"
            error        device-tree-size  the image has no room for it
              expected: at most 65536 bytes
              found: 66016 bytes
              remedy: embed it with --dtb, so that the image keeps room for it"#]],
    );
}
