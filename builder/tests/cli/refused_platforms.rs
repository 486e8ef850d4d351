// SPDX-License-Identifier: BSD-2-Clause

//! Tests of invalid platforms and kernel configurations, and of device trees of the wrong kind.

use expect_test::{Expect, expect};

use crate::common::device_tree::DeviceTree;
use crate::common::folder::Folder;
use crate::common::programs::{self, HYPERVISOR_BASE};

fn check(option: &str, content: &[u8], expected: Expect) {
    let folder = Folder::new();
    folder.put("bad", content);
    expected.assert_eq(&folder.refused(&[(option, "bad")]));
}

#[test]
fn device_tree_source() {
    check(
        "--dtb",
        b"/dts-v1/;\n/ { compatible = \"virt\"; };\n",
        expect![[r#"
            error: --dtb bad: not a well-formed device tree
              expected: a flattened device tree (.dtb) of version 17
              found: the source of a device tree
              help: compile it with dtc, or pass the kernel.dtb of seL4's build
        "#]],
    );
}

#[test]
fn truncated_device_tree() {
    let padded = DeviceTree {
        padding: 8,
        ..DeviceTree::with_ram(0x1000_0000)
    };
    let mut blob = padded.to_bytes();
    blob.pop();
    check(
        "--dtb",
        &blob,
        expect![[r#"
            error: --dtb bad: not a well-formed device tree
              expected: a flattened device tree (.dtb) of version 17
              found: 369 bytes, but 370 by its header
              help: compile it with dtc, or pass the kernel.dtb of seL4's build
        "#]],
    );
}

#[test]
fn platform_that_is_no_yaml() {
    check(
        "--platform",
        b"memory: [",
        expect![[r#"
            error: --platform bad: invalid content
              expected: seL4's platform_gen.yaml or platform_gen.json
              found: while parsing a node, did not find expected node content at byte 9 line 2 column 1
              help: pass the file of seL4's build
        "#]],
    );
}

#[test]
fn platform_of_another_shape() {
    check(
        "--platform",
        b"devices: []\n",
        expect![[r#"
            error: --platform bad: invalid content
              expected: seL4's platform_gen.yaml or platform_gen.json
              found: no list `memory`
              help: pass the file of seL4's build
        "#]],
    );
}

#[test]
fn platform_without_ram() {
    check(
        "--platform",
        b"memory: []\n",
        expect![[r#"
        error: --platform bad: names no RAM
          expected: at least one entry with start < end under `memory`
          found: none
          help: pass the platform_gen.yaml of seL4's build for the platform
    "#]],
    );
}

#[test]
fn deeply_nested_platform() {
    let folder = Folder::new();
    folder.put("bad", "[".repeat(100));
    expect![[r#"
        error: --platform bad: invalid content
          expected: seL4's platform_gen.yaml or platform_gen.json
          found: more than 16 levels, at line 1
          help: pass the file of seL4's build
    "#]]
    .assert_eq(&folder.refused(&[("--platform", "bad")]));
}

#[test]
fn platform_with_an_alias() {
    let folder = Folder::new();
    folder.put("bad", "- &a []\n- *a\n");
    expect![[r#"
        error: --platform bad: invalid content
          expected: seL4's platform_gen.yaml or platform_gen.json
          found: an alias, at line 2
          help: pass the file of seL4's build
    "#]]
    .assert_eq(&folder.refused(&[("--platform", "bad")]));
}

const ONE_CORE: &[u8] = br#"{"ARM_HYPERVISOR_SUPPORT": false, "MAX_NUM_NODES": "1"}"#;

#[test]
fn configuration_of_another_kernel() {
    let folder = Folder::new();
    folder.put("config.json", ONE_CORE);
    folder.accepted(&[("--kernel-config", "config.json")]);
    folder.put("kernel.elf", programs::kernel(HYPERVISOR_BASE).to_bytes());
    expect![[r#"
        error: --kernel-config config.json: not the configuration of this kernel
          expected: ARM_HYPERVISOR_SUPPORT true, by its addresses
          found: ARM_HYPERVISOR_SUPPORT false
          help: pass kernel.elf and gen_config.json of the same build
    "#]]
    .assert_eq(&folder.refused(&[("--kernel-config", "config.json")]));
}

#[test]
fn configuration_of_another_shape() {
    check(
        "--kernel-config",
        b"{}",
        expect![[r#"
            error: --kernel-config bad: invalid content
              expected: seL4's gen_config.json
              found: no `ARM_HYPERVISOR_SUPPORT`
              help: pass the file of seL4's build
        "#]],
    );
}

#[test]
fn app_above_user_top_of_40_bits() {
    let folder = Folder::new();
    let config =
        r#"{"ARM_HYPERVISOR_SUPPORT": true, "ARM_PA_SIZE_BITS_40": IS_40, "MAX_NUM_NODES": "1"}"#;
    folder.put("40.json", config.replace("IS_40", "true"));
    folder.put("44.json", config.replace("IS_40", "false"));
    folder.put("kernel.elf", programs::kernel(HYPERVISOR_BASE).to_bytes());
    folder.put("app.elf", programs::app_at(1 << 40).to_bytes());
    expect![[r#"
        error: --app app.elf: reaches above USER_TOP, the end of the kernel's user addresses
          expected: its end, with IPC buffer and boot information behind it, below 0xffffffffff
          found: an end at 0x10000028000
          help: link the root task for lower addresses
    "#]]
    .assert_eq(&folder.refused(&[("--kernel-config", "40.json")]));
    folder.accepted(&[("--kernel-config", "44.json")]);
}
