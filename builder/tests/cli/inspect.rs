// SPDX-License-Identifier: BSD-2-Clause

//! Tests of `inspect`.

use assert_cmd::Command;
use expect_test::expect;
use roxmltree::{Document, Node};
use serde_json::Value;

use crate::common::device_tree::{Core, DeviceTree};
use crate::common::folder::Folder;
use crate::common::formats::{IMAGE, LZ4};

/// The output of the builder for `arguments`.
fn shown(folder: &Folder, arguments: &[&str]) -> String {
    let output = folder.command(&[&["inspect", "image.elf"], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn an_elf_file() {
    let folder = Folder::new();
    folder.accepted(&[]);
    expect![[r#"
        format            elf, 7735 bytes
        entry point       0x40401008
        kernel            at EL1, entry point 0xffffff8040000000
        user image        at 0x200000, entry point 0x200020
        device tree       456 bytes, room for 65536
        machine           console PL011 at 0x9000000, RAM 0x40000000..0x50000000
        cores             1; device tree: boot_cpuid_phys 0x0
        unpacking         nothing to do: everything is loaded to its place
        --verify          crc32c
        --log-level       info
        image version     0
        signature         none; the loader requires none
        measurement       c9727955a95c27b8e278504feaf563526d8e8006ec760907c25268ec710ffdb7
        checks            16 rules kept, 6 not checked

        address               size  what                 0x40000000                             0x4040e000
        0x40000000         2.2 MiB  kernel               █░░░░░░░░░░░░░░░░░░░░░░░░░░░
        0x4023d000          64 KiB  device tree                                     █
        0x4024d000          24 KiB  user image                                      █░
        0x40400000          16 KiB  loader                                                               █
        0x40404000           8 KiB  payload header                                                       █
        0x40406000          32 KiB  translation tables                                                   █
        █ content in the file, ░ zeroes or reserved room; to scale, but each area has at least one character
    "#]].assert_eq(&shown(&folder, &[]));
}

#[test]
fn a_package() {
    let folder = Folder::new();
    folder.accepted(&[&IMAGE[..], &[LZ4, ("--bootargs", "quiet")]].concat());
    expect![[r#"
        format            image, 11152 bytes, compressed with LZ4
        entry point       0x40401008
        kernel            at EL1, entry point 0xffffff8040000000
        user image        at 0x200000, entry point 0x200020
        device tree       488 bytes, room for 65536
        machine           console PL011 at 0x9000000, RAM 0x40000000..0x50000000
        cores             1; device tree: boot_cpuid_phys 0x0
        unpacking         844 bytes copied, 1.1 KiB decompressed to 5.8 KiB, 2.3 MiB cleared
        --verify          crc32c
        --log-level       info
        image version     0
        signature         none; the loader requires none
        measurement       c9727955a95c27b8e278504feaf563526d8e8006ec760907c25268ec710ffdb7
        bootargs          quiet
        checks            16 rules kept, 6 not checked

        address               size  what                 0x40000000                   0x408a5000
        0x40000000         2.2 MiB  kernel               █░░░░░░░░░░
        0x4023d000          64 KiB  device tree                    █
        0x4024d000          24 KiB  user image                     █
        0x40400000          16 KiB  loader                                 █
        0x40404000           8 KiB  payload header                         █
        0x40406000          32 KiB  translation tables                     █
        0x4040e000         4.5 MiB  unpacker's work area                   ░░░░░░░░░░░░░░░░░░░░░
        █ content in the file, ░ zeroes or reserved room; to scale, but each area has at least one character
    "#]]
    .assert_eq(&shown(&folder, &["--width", "90"]));
}

/// Widths that no terminal has are errors.
/// The kernel's order begins with the core that boots. That of the device tree stays visible.
#[test]
fn cores_in_both_orders() {
    let folder = Folder::new();
    let device_tree = DeviceTree {
        boot_core: 0x100,
        ..DeviceTree::with_cores(Core::all([0x101, 0, 0x100]))
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    folder.accepted(&[("--cores", "2")]);
    let text = shown(&folder, &[]);
    let row = text.lines().find(|line| line.starts_with("cores "));
    expect!["cores             2, MPIDR 0x100, 0x101; device tree: boot_cpuid_phys 0x100, cpu@0 0x101, cpu@1 0x0, cpu@2 0x100"].assert_eq(row.expect("the cores"));

    let report: Value = serde_json::from_str(&shown(&folder, &["--json"])).expect("JSON");
    assert_eq!(report["bootCore"], "0x100");
    let cores = report["cores"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = cores
        .iter()
        .map(|core| format!("{} {}", text(&core["node"]), text(&core["mpidr"])));
    let found: Vec<_> = found.collect();
    assert_eq!(found, ["cpu@0 0x101", "cpu@1 0x0", "cpu@2 0x100"]);

    folder.accepted(&[("--dtb", "")]);
    let report: Value = serde_json::from_str(&shown(&folder, &["--json"])).expect("JSON");
    assert!(report["bootCore"].is_null() && report["cores"].is_null());
}

#[test]
fn widths_out_of_range() {
    let folder = Folder::new();
    folder.accepted(&[]);
    for width in ["66", "1001", "65600", "18446744073709551616"] {
        let output = folder.command(&["inspect", "image.elf", "--width", width]);
        let message = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{message}");
    }
    for width in [67, 1000] {
        let text = shown(&folder, &["--width", &width.to_string()]);
        let lines = text.lines().filter(|line| line.starts_with("address"));
        let lengths: Vec<_> = lines.map(|line| line.chars().count()).collect();
        assert!(
            lengths.iter().all(|length| length.abs_diff(width) <= 10),
            "{lengths:?}"
        );
    }
    let help = folder.command(&["inspect", "--help"]).stdout;
    assert!(
        String::from_utf8(help)
            .expect("text")
            .contains("67 to 1000")
    );
}

#[test]
fn damage_is_reported() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let mut image = folder.get("image.elf");
    let last = image.len() - 1;
    image[last] ^= 1;
    folder.put("image.elf", image);
    let text = shown(&folder, &[]);
    let checks = text.lines().find(|line| line.starts_with("checks"));
    expect!["checks            integrity (error): region 4 (translation tables, 0x40406000..0x4040e000) is damaged; 15 rules kept, 6 not checked"].assert_eq(checks.unwrap_or_default());
}

#[test]
fn colours_are_for_terminals() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let is_coloured = |variable: Option<&str>| {
        let mut command = Command::cargo_bin("kaal-elfloader-builder").expect("the builder");
        command
            .current_dir(folder.path())
            .args(["inspect", "image.elf"]);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        if let Some(variable) = variable {
            command.env(variable, "1");
        }
        let output = command.output().expect("the builder runs");
        output.stdout.contains(&0x1b)
    };
    assert!(!is_coloured(None));
    assert!(!is_coloured(Some("NO_COLOR")));
    assert!(is_coloured(Some("CLICOLOR_FORCE")));
}

#[test]
fn json() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let json: Value = serde_json::from_str(&shown(&folder, &["--json"])).expect("JSON");
    assert_eq!(json["kind"], "KaaL image");
    assert_eq!(json["format"], "elf");
    assert_eq!(json["payload"]["kernelEntry"], "0xffffff8040000000");
    assert_eq!(json["file"]["size"], folder.get("image.elf").len());
    let memory = json["memory"].as_array().expect("a list");
    let names: Vec<_> = memory
        .iter()
        .filter_map(|part| part["what"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "kernel",
            "device tree",
            "user image",
            "loader",
            "payload header",
            "translation tables"
        ]
    );
    let checks = json["checks"].as_array().expect("a list");
    let verdict = |rule: &str| {
        let check = checks.iter().find(|check| check["rule"] == rule);
        check.map(|check| check["verdict"].clone())
    };
    assert_eq!(verdict("integrity"), Some("ok".into()));
    assert_eq!(verdict("untypeds"), Some("not checked".into()));
}

/// All areas have titles, names don't overlap, and nothing lies outside of the picture.
#[test]
fn svg() {
    let folder = Folder::new();
    folder.accepted(&[&IMAGE[..], &[("--out", "<&>\u{ffff} a file.img")]].concat());
    let output = folder.command(&["inspect", "<&>\u{ffff} a file.img", "--svg", "map.svg"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(folder.get("map.svg")).expect("text");
    let document = Document::parse(&text).expect("XML");
    let root = document.root_element();
    let children = |node: Node<'_, '_>, name: &'static str| {
        let found = node
            .descendants()
            .filter(move |node| node.has_tag_name(name));
        found.map(|node| node.id()).collect::<Vec<_>>()
    };
    let node = |id| document.get_node(id).expect("a node");
    let titles: Vec<_> = children(root, "title").into_iter().map(node).collect();
    assert_eq!(
        titles[0].text(),
        Some("<&>\u{fffd} a file.img in physical memory")
    );
    assert_eq!(titles.len(), 1 + 7);
    assert!(root.attribute("role") == Some("img"));

    let number = |node: Node<'_, '_>, name: &str| -> f64 {
        node.attribute(name)
            .expect("a number")
            .parse()
            .expect("a number")
    };
    let height = number(root, "height");
    let width = number(root, "width");
    let mut previous = 0.0;
    for text in children(root, "text").into_iter().map(node) {
        assert!(number(text, "x") < width && number(text, "y") < height);
        if text.attribute("font-size") == Some("15") {
            let y = number(text, "y");
            assert!(y >= previous + 40.0, "{y} after {previous}");
            previous = y;
        }
    }
    for place in children(root, "rect").into_iter().map(node) {
        if let (Some(y), Some(size)) = (place.attribute("y"), place.attribute("height")) {
            let bottom =
                y.parse::<f64>().expect("a number") + size.parse::<f64>().expect("a number");
            assert!(bottom <= height, "{bottom}");
        }
    }
}

#[test]
fn a_picture_replaces_no_image() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let image = folder.get("image.elf");
    let output = folder.command(&["inspect", "image.elf", "--svg", "image.elf"]);
    assert_eq!(output.status.code(), Some(1));
    expect![[r#"
        error: --svg image.elf: would replace an input
          expected: a file that isn't an input
          found: image image.elf
          help: choose another name
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stderr));
    assert!(folder.get("image.elf") == image);
}

#[test]
fn files_that_are_no_images() {
    let folder = Folder::new();
    let output = folder.command(&["inspect", "kernel.dtb"]);
    assert_eq!(output.status.code(), Some(1));
    expect![[r#"
        error: image kernel.dtb: not a KaaL image
          expected: a file that this version's builder wrote: elf, raw, image, uimage, efi or fit
          found: a flattened device tree
          help: pass the file that --out named
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stderr));
}
