// SPDX-License-Identifier: BSD-2-Clause

//! Tests of `check`. Each rule is broken once, in the image or in another file.

mod development;
mod kernel;
mod machine;
mod place;
mod waiting_cores;
mod words;

use std::path::Path;
use std::process::Output;

use expect_test::{Expect, expect};
use kaal_elfloader_builder::{File, ImageReader};
use kaal_payload::{MAX_SIZE, Payload};

use crate::common::folder::Folder;
use crate::common::loaded::crc32c;
use crate::common::programs;

/// A kernel configuration like seL4's.
pub(crate) const CONFIG: &str = r#"{"ARM_HYPERVISOR_SUPPORT": false, "ARM_PA_SIZE_BITS_40": true,
    "MAX_NUM_NODES": "1", "ROOT_CNODE_SIZE_BITS": "12", "MAX_NUM_BOOTINFO_UNTYPED_CAPS": "230",
    "PADDR_USER_DEVICE_TOP": "1099511627776", "KERNEL_MCS": false, "DEBUG_BUILD": true}"#;

/// A platform like seL4's.
pub(crate) const PLATFORM: &str = "devices:
- {start: 0x0, end: 0x8000000}
- {start: 0x8001000, end: 0x40000000}
- {start: 0x50000000, end: 0x10000000000}
memory:
- {start: 0x40000000, end: 0x50000000}
";

const GIVEN: [&str; 4] = [
    "--platform",
    "platform.yaml",
    "--kernel-config",
    "config.json",
];

/// A folder with an image and the files for all rules.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.put("platform.yaml", PLATFORM);
    folder.put("config.json", CONFIG);
    folder.accepted(&[]);
    folder
}

/// The same folder, with another payload header in the image.
fn changed(change: impl FnOnce(&mut Payload<'_>)) -> Folder {
    let folder = folder();
    change_header(&folder, change);
    folder
}

/// Changes the payload header of the image in `folder`.
pub(crate) fn change_header(folder: &Folder, change: impl FnOnce(&mut Payload<'_>)) {
    let content = folder.get("image.elf");
    let path = Path::new("image.elf");
    let image = ImageReader::open(File {
        path,
        content: &content,
    })
    .expect("an image");
    let mut payload = image.payload();
    change(&mut payload);
    let mut header = [0; MAX_SIZE];
    let size = payload.encode(&mut header, crc32c).expect("room");
    let file = image
        .with_payload_header(&header[..size])
        .expect("an image");
    folder.put("image.elf", file);
}

fn check(folder: &Folder, arguments: &[&str]) -> Output {
    folder.command(&[&["check", "image.elf"], arguments].concat())
}

/// The line about `rule`, and its message if there is one.
fn line(output: &Output, rule: &str) -> String {
    let report = String::from_utf8_lossy(&output.stdout);
    let messages = String::from_utf8_lossy(&output.stderr);
    let mut lines = report.lines();
    let line = lines.find(|line| line.split("  ").any(|word| word.trim() == rule));
    let mut text = line.expect("the rule").to_owned();
    let mut messages = messages.lines();
    if messages.any(|message| message.ends_with(&format!("(rule {rule})"))) {
        for detail in messages.take_while(|line| line.starts_with(' ')) {
            text.push('\n');
            text.push_str(detail);
        }
    }
    text
}

/// Checks that `check` refuses the image by `rule`.
fn refused(folder: &Folder, arguments: &[&str], rule: &str, expected: Expect) {
    let output = check(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    expected.assert_eq(&line(&output, rule));
}

/// Checks that `rule` warns.
fn warned(folder: &Folder, arguments: &[&str], rule: &str, expected: Expect) {
    let output = check(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    expected.assert_eq(&line(&output, rule));
}

fn config_with(key: &str, value: &str) -> Folder {
    let folder = folder();
    let (start, rest) = CONFIG.split_once(&format!("\"{key}\": \"")).expect("a key");
    let (_, rest) = rest.split_once('"').expect("a value");
    folder.put(
        "config.json",
        format!("{start}\"{key}\": \"{value}\"{rest}"),
    );
    folder
}

#[test]
fn a_good_image() {
    let folder = folder();
    let output = check(&folder, &[&GIVEN[..], &["--kernel", "kernel.elf"]].concat());
    expect![[r#"
        ok           integrity         all 7735 bytes are intact, 5 regions by CRC-32C
        not checked  signature         the loader accepts unsigned images
        ok           exception-level   EL1, from the entry point 0xffffff8040000000
        ok           kernel-window     0x40000000..0x4023d000 at 0xffffff8040000000, entered at 0x40000000
        ok           alignment         kernel, device tree, user image and loader are page-aligned
        ok           disjoint          6 pieces of memory, no overlap
        ok           order             kernel 0x40000000..0x4023d000, device tree 0x4023d000..0x4024d000, user image 0x4024d000..0x40253000
        ok           contiguous        2 regions cover 0x4024d000..0x40253000
        ok           ram               all of it in 0x40000000..0x50000000 by the device tree and in 0x40000000..0x50000000 by the platform
        ok           release-words     no core polls a word
        ok           paddr-top         up to 0x40253000, below 0x7fc0000000
        ok           user-top          0x200000..0x206000, boot information up to 0x228000, below 0x7fffffffffff
        ok           cores             one
        ok           board-ram         0x40000000..0x50000000
        ok           device-tree-size  456 of 65536 bytes; the kernel's copy takes 4096
        ok           free-regions      2 of 2: 0x4023d1c8..0x4024d000, 0x40253000..0x50000000
        ok           root-objects      165888 bytes at 0x4ffc0000..0x4ffe8800, boot information at 0x4ffe4000
        ok           waiting-cores     none
        ok           root-cnode        at most 94 of 4096 slots: 16 fixed, 3 tables, 1 for the device tree, 0 for scheduling, 6 for the user image, 68 for untyped memory
        ok           untypeds          at most 68 of 230: 29 of devices, 39 of RAM
        ok           proofs            not a kernel of seL4's proofs: no proofs for PLAT "", ARM_HYPERVISOR_SUPPORT false, MAX_NUM_BOOTINFO_UNTYPED_CAPS 230, DEBUG_BUILD true, 33 settings unknown
        ok           development       the user image has no note of development
    "#]].assert_eq(&String::from_utf8_lossy(&output.stdout));
    assert!(output.stderr.is_empty());
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn rules_without_their_files_are_not_checked() {
    let folder = folder();
    folder.accepted(&[("--dtb", "")]);
    let output = check(&folder, &[]);
    let report = String::from_utf8_lossy(&output.stdout);
    let unchecked = report
        .lines()
        .filter(|line| line.starts_with("not checked"));
    expect![[r#"
        not checked  signature         the loader accepts unsigned images
        not checked  ram               neither --platform nor a device tree names RAM
        not checked  release-words     there is no device tree
        not checked  board-ram         --platform is not given
        not checked  device-tree-size  there is no device tree
        not checked  free-regions      neither --platform nor a device tree names RAM
        not checked  root-objects      --kernel-config is not given
        not checked  root-cnode        --kernel-config is not given
        not checked  untypeds          --kernel-config is not given
        not checked  proofs            --kernel-config is not given"#]]
    .assert_eq(&unchecked.collect::<Vec<_>>().join("\n"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn integrity() {
    let folder = folder();
    let mut image = folder.get("image.elf");
    let last = image.len() - 1;
    image[last] ^= 1;
    folder.put("image.elf", image);
    refused(
        &folder,
        &[],
        "integrity",
        expect![[r#"
        error        integrity         region 4 (translation tables, 0x40406000..0x4040e000) is damaged
          expected: CRC-32C 0x9316167f
          found: CRC-32C 0x4e4244a3
          help: build or copy the image again"#]],
    );
}

#[test]
fn signature() {
    let folder = folder();
    let loader = programs::loader_of_signed_images();
    folder.put("loader.elf", loader.to_bytes());
    for pair in [["a.pem", "a-public.pem"], ["b.pem", "b-public.pem"]] {
        let [private, public] = pair;
        let keygen = ["keygen", "--sign-key", private, "--trust-key", public];
        assert!(folder.command(&keygen).status.success());
    }
    folder.run(&[("--trust-key", "a-public.pem")]);
    let output = check(&folder, &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = line(&output, "signature");
    assert!(text.contains("found: no signature"), "{text}");

    folder.accepted(&[("--trust-key", "a-public.pem"), ("--sign-key", "a.pem")]);
    let output = check(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = line(&output, "signature");
    assert!(text.starts_with("ok "), "{text}");
}

#[test]
fn builds_follow_the_rules() {
    let given = [
        ("--platform", "platform.yaml"),
        ("--kernel-config", "config.json"),
    ];
    let folder = config_with("ROOT_CNODE_SIZE_BITS", "6");
    expect![[r#"
        error: --app app.elf: too few slots in the root CNode (rule root-cnode)
          expected: at most 64 slots, 2^CONFIG_ROOT_CNODE_SIZE_BITS
          found: at most 94 of 64 slots: 16 fixed, 3 tables, 1 for the device tree, 0 for scheduling, 6 for the user image, 68 for untyped memory
          help: build the kernel with a larger KernelRootCNodeSizeBits, or shrink the root task
    "#]].assert_eq(&folder.refused(&given));
    let folder = config_with("MAX_NUM_BOOTINFO_UNTYPED_CAPS", "40");
    expect![[r#"
        warning: --kernel-config config.json: the root task loses 265885696 bytes of RAM (rule untypeds)
          expected: at most 40 pieces of untyped memory, CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS
          found: at most 68 of 40: 29 of devices, 39 of RAM
          help: build the kernel with a larger KernelMaxNumBootinfoUntypedCaps
    "#]].assert_eq(&folder.accepted(&given));
    folder.put("config.json", CONFIG);
    assert_eq!(folder.accepted(&given), "");
}

#[test]
fn another_kernel() {
    let folder = folder();
    let kernel = programs::kernel_of_five_segments(programs::ORDINARY_BASE);
    folder.put("other.elf", kernel.to_bytes());
    let output = check(&folder, &["--kernel", "other.elf"]);
    assert_eq!(output.status.code(), Some(1));
    expect![[r#"
        error: --kernel other.elf: not the kernel in the image
          expected: the kernel that the image was built from
          found: other content
          help: pass that kernel, or leave --kernel out
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stderr));
}
