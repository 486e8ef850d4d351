// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the rules about the machine.

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
            error        cores             another number of cores than in the image
              expected: MAX_NUM_NODES 1, the number in the image
              found: 2
              help: build the image with the gen_config.json of its kernel"#]],
    );

    let two = DeviceTree::with_cores(Core::all([0, 1]));
    folder.put("board.dtb", folder.get("kernel.dtb"));
    folder.put("kernel.dtb", two.to_bytes());
    folder.accepted(&[("--cores", "2")]);
    refused(
        &folder,
        &["--dtb", "board.dtb"],
        "cores",
        expect![[r#"
            error        cores             fewer cores than the kernel waits for
              expected: 2 cores
              found: 0
              help: build the kernel with a lower KernelMaxNumNodes"#]],
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
            warning      board-ram         the machine lacks RAM that the kernel expects
              expected: RAM within 0x40000000..0x50000000
              found: 0x40000000..0x60000000, of which the machine lacks 0x50000000..0x60000000
              help: build the kernel for this machine"#]],
    );
    let lower = PLATFORM.replace("0x40000000", "0x3f000000");
    folder.put("platform.yaml", lower);
    expect![[r#"
        warning      board-ram         not the platform of the kernel in the image
          expected: RAM from 0x40000000, the address of the kernel
          found: 0x3f000000..0x50000000
          help: pass kernel.elf and platform_gen.yaml from the same build"#]]
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
            error        device-tree-size  too large for its room in the image
              expected: at most 65536 bytes
              found: 66016 bytes
              help: build the image with this device tree as --dtb"#]],
    );
}
