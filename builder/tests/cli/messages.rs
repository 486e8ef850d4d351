// SPDX-License-Identifier: BSD-2-Clause

//! Tests of warnings, notes and usage errors.

use expect_test::expect;

use crate::common::device_tree::DeviceTree;
use crate::common::folder::Folder;
use crate::common::programs::{self, HYPERVISOR_BASE};

#[test]
fn quiet_by_default() {
    let folder = Folder::new();
    assert_eq!(folder.accepted(&[]), "");
}

#[test]
fn memory_map() {
    let folder = Folder::new();
    folder.put(
        "kernel.elf",
        programs::kernel_of_five_segments(HYPERVISOR_BASE).to_bytes(),
    );
    expect![[r#"
        start          end                  size  what                      from
        0x40000000     0x40001000           4096  kernel text               kernel.elf
        0x40001000     0x40001268            616  kernel text               kernel.elf
        0x40001268     0x40001368            256  kernel read-only data     kernel.elf
        0x40001378     0x40001400            136  kernel data               kernel.elf
        0x40001800     0x4020f000        2152448  kernel data               kernel.elf
        0x4020f000     0x4021f000          65536  device tree               kernel.dtb
        0x4021f000     0x4021f123            291  user image text           app.elf
        0x40220128     0x40224148          16416  user image data           app.elf
        0x40400000     0x40400040             64  loader read-only data     loader.elf
        0x40401000     0x40401040             64  loader text               loader.elf
        0x40402000     0x40403800           6144  loader data               loader.elf
        0x40404000     0x40406000           8192  payload header            (made by the builder)
        0x40406000     0x4040d000          28672  translation tables        (made by the builder)
        measurement (SHA-256): 9b84d7ff12d63ee94575fd85f2b2ae8eeb8a4a1197a03346dabc395600c0c235
    "#]]
    .assert_eq(&folder.accepted(&[("-v", "")]));
}

#[test]
fn unknown_console() {
    let folder = Folder::new();
    let device_tree = DeviceTree {
        console: "acme,uart",
        ..DeviceTree::with_ram(0x1000_0000)
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    expect![[r#"
        warning: --dtb kernel.dtb: names no console for the loader
          expected: a /chosen/stdout-path to a supported UART
          found: stdout-path names serial@9000000 (acme,uart), which KaaL does not support
          help: set stdout-path; without a console, the loader prints no errors
    "#]]
    .assert_eq(&folder.accepted(&[]));
}

#[test]
fn unknown_ram() {
    let folder = Folder::new();
    expect![[r#"
        warning: --kernel kernel.elf: placed without knowledge of the RAM
          expected: a --dtb with a memory node, or a --platform
          found: neither
          help: pass one of them, so that the builder can check the image against RAM
    "#]]
    .assert_eq(&folder.accepted(&[("--dtb", "")]));
}

#[test]
fn platform_with_more_ram_than_the_device_tree() {
    let folder = Folder::new();
    folder.put(
        "platform.yaml",
        "memory:\n- end: 0x60000000\n  start: 0x40000000\n",
    );
    expect![[r#"
        warning: --platform platform.yaml: the machine lacks RAM that the kernel expects (rule board-ram)
          expected: RAM within 0x40000000..0x50000000
          found: 0x40000000..0x60000000, of which the machine lacks 0x50000000..0x60000000
          help: build the kernel for this machine
    "#]]
    .assert_eq(&folder.accepted(&[("--platform", "platform.yaml")]));
}

#[test]
fn platform_with_less_ram_than_the_device_tree() {
    let folder = Folder::new();
    folder.put(
        "platform.yaml",
        "memory:\n- end: 0x48000000\n  start: 0x40000000\n",
    );
    assert_eq!(folder.accepted(&[("--platform", "platform.yaml")]), "");
}

#[test]
fn platform_instead_of_a_device_tree() {
    let folder = Folder::new();
    folder.put(
        "platform.json",
        r#"{"devices": [], "memory": [{"start": 1073741824, "end": 2147483648}]}"#,
    );
    assert_eq!(
        folder.accepted(&[("--dtb", ""), ("--platform", "platform.json")]),
        ""
    );
}

#[test]
fn wrong_usage() {
    let folder = Folder::new();
    for changes in [
        ("--kernel", ""),
        ("--unknown", ""),
        ("--app-offset", "1 MiB"),
        ("--app-offset", "-1"),
        ("--log-level", "loud"),
        ("--verify", "md5"),
        ("--format", "efi"),
        ("--compress", "zip"),
        ("--load-address", "top"),
    ] {
        let before = folder.files();
        assert_eq!(folder.run(&[changes]).status.code(), Some(2), "{changes:?}");
        assert_eq!(folder.files(), before);
    }
}

#[test]
fn version() {
    let folder = Folder::new();
    let output = folder.run(&[("--version", "")]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(output.stdout).expect("text"),
        format!("kaal-elfloader-builder {}\n", env!("CARGO_PKG_VERSION"))
    );
}
