// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the properties in the device tree's `/chosen`, and of the measurement.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use assert_cmd::Command;
use expect_test::expect;
use kaal_devicetree::DeviceTree;
use kaal_elfloader_builder::{File, Image, Inputs, Settings};
use kaal_payload::RegionKind;
use sha2::{Digest, Sha256};

use crate::common::folder::Folder;
use crate::common::loaded::Loaded;
use crate::common::programs::{self, HYPERVISOR_BASE, ORDINARY_BASE};

fn load(folder: &Folder, changes: &[(&str, &str)]) -> Loaded {
    folder.accepted(changes);
    Loaded::new(&folder.get("image.elf"))
}

/// The value of a property of `/chosen` in the embedded device tree.
fn chosen(loaded: &Loaded, name: &str) -> Option<Vec<u8>> {
    let slot = loaded.payload().device_tree;
    let blob = loaded.read(slot.start.0, slot.size);
    let tree = DeviceTree::parse(&blob).expect("a device tree");
    let chosen = tree.find(b"/chosen").expect("/chosen");
    chosen.node().property(name.as_bytes()).map(<[u8]>::to_vec)
}

/// The measurement, computed from a loaded image.
fn measurement(loaded: &Loaded) -> Vec<u8> {
    let payload = loaded.payload();
    let numbers = |numbers: [u64; 3]| numbers.map(u64::to_le_bytes).concat();
    let mut hash = Sha256::new();
    hash.update(numbers([
        payload.kernel_entry.0,
        payload.user_image.entry.0,
        payload.user_image.pv_offset,
    ]));
    for region in payload.regions {
        if let Some(RegionKind::Kernel | RegionKind::UserImage) = region.kind() {
            let memory = region.memory().expect("a valid region");
            let size = region.file_size();
            hash.update(numbers([memory.start.0, memory.size(), size]));
            hash.update(loaded.read(memory.start.0, size));
        }
    }
    hash.finalize().to_vec()
}

#[test]
fn version_and_measurement() {
    let folder = Folder::new();
    for kernel in [
        programs::kernel(ORDINARY_BASE),
        programs::kernel_of_five_segments(HYPERVISOR_BASE),
    ] {
        folder.put("kernel.elf", kernel.to_bytes());
        let loaded = load(&folder, &[]);
        let version = format!("{}\0", env!("CARGO_PKG_VERSION"));
        assert_eq!(chosen(&loaded, "kaal,version"), Some(version.into_bytes()));
        let measurement = measurement(&loaded);
        assert_eq!(loaded.payload().measurement, *measurement);
        assert_eq!(chosen(&loaded, "kaal,measurement"), Some(measurement));
        assert_eq!(chosen(&loaded, "bootargs"), None);
        assert_eq!(loaded.payload().boot_arguments, b"");
    }
}

#[test]
fn the_measurement_is_of_what_boots_only() {
    let folder = Folder::new();
    let measurement = |changes: &[(&str, &str)]| load(&folder, changes).payload().measurement;
    let original = measurement(&[]);
    for same in [
        ("--dtb", ""),
        ("--bootargs", "quiet"),
        ("--log-level", "debug"),
        ("--verify", "crc32c"),
    ] {
        assert_eq!(measurement(&[same]), original, "{same:?}");
    }
    assert_ne!(
        measurement(&[("--app-offset", "0x800000")]),
        original,
        "elsewhere"
    );
    let mut other_entry = programs::app();
    other_entry.entry += 4;
    folder.put("app.elf", other_entry.to_bytes());
    assert_ne!(measurement(&[]), original, "entered elsewhere");
    let mut other_byte = programs::app();
    other_byte.headers[0].content[0x33] ^= 1;
    folder.put("app.elf", other_byte.to_bytes());
    assert_ne!(measurement(&[]), original, "another byte");
}

#[test]
fn boot_arguments() {
    let folder = Folder::new();
    let loaded = load(&folder, &[("--bootargs", "console=ttyAMA0 grüezi")]);
    let expected = "console=ttyAMA0 grüezi\0".as_bytes();
    assert_eq!(chosen(&loaded, "bootargs"), Some(expected.to_vec()));
    assert_eq!(loaded.payload().boot_arguments, expected);
    let longest = "x".repeat(2047);
    let loaded = load(&folder, &[("--bootargs", &longest)]);
    assert_eq!(
        chosen(&loaded, "bootargs"),
        Some(format!("{longest}\0").into_bytes())
    );
}

/// The loader still gets them, for a device tree that the firmware passes.
#[test]
fn boot_arguments_without_a_device_tree() {
    let folder = Folder::new();
    let loaded = load(&folder, &[("--dtb", ""), ("--bootargs", "quiet")]);
    assert_eq!(loaded.payload().boot_arguments, b"quiet\0");
    assert_ne!(loaded.payload().measurement, [0; 32]);
}

#[test]
fn no_boot_arguments_are_others_than_empty_ones() {
    let folder = Folder::new();
    let output = Command::cargo_bin("kaal-elfloader-builder")
        .expect("the builder")
        .current_dir(folder.path())
        .args(Folder::arguments(&[]))
        .args(["--bootargs", ""])
        .output()
        .expect("the builder runs");
    assert!(output.status.success());
    let loaded = Loaded::new(&folder.get("image.elf"));
    assert_eq!(chosen(&loaded, "bootargs"), Some(b"\0".to_vec()));
}

#[test]
fn boot_arguments_that_are_too_long() {
    expect![[r#"
        error: --bootargs aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...: too long
          expected: at most 2047 bytes
          found: 2048 bytes
          help: shorten the text
    "#]]
    .assert_eq(&Folder::misused(&[("--bootargs", &"a".repeat(2048))]));
}

#[test]
fn boot_arguments_that_are_no_text() {
    let folder = Folder::new();
    let output = Command::cargo_bin("kaal-elfloader-builder")
        .expect("the builder")
        .current_dir(folder.path())
        .args(Folder::arguments(&[]))
        .arg("--bootargs")
        .arg(OsStr::from_bytes(b"quiet \xff"))
        .output()
        .expect("the builder runs");
    assert_eq!(output.status.code(), Some(2));
    expect![[r#"
        error: --bootargs quiet �: not text
          expected: UTF-8
          found: invalid UTF-8
          help: write the text in ASCII
    "#]]
    .assert_eq(&String::from_utf8(output.stderr).expect("text"));
}

/// No command line can hold a nul, but a program that uses the library can.
#[test]
fn boot_arguments_with_a_nul() {
    let contents = [
        programs::loader().to_bytes(),
        programs::kernel(ORDINARY_BASE).to_bytes(),
        programs::app().to_bytes(),
    ];
    let [loader, kernel, app] = contents.each_ref().map(|content| File {
        path: Path::new("file"),
        content,
    });
    let error = Image::build(&Inputs {
        settings: Settings {
            boot_arguments: Some("quiet\0loud"),
            ..Settings::default()
        },
        ..Inputs::new(loader, kernel, app)
    })
    .map(drop)
    .expect_err("a refusal");
    expect![[r#"
        --bootargs quiet\u{0}loud: contains a nul, which ends a text in a device tree
          expected: text without nuls
          found: one after 5 bytes
          help: remove the nul"#]]
    .assert_eq(&error.to_string().replace('\0', "\u{fffd}"));
}

#[test]
fn too_much_for_the_payload_header() {
    let folder = Folder::new();
    let mut app = programs::app();
    let last = app.headers[1].clone();
    app.headers = (0..100)
        .map(|index| {
            let mut header = last.clone();
            header.virt += index * 0x5000;
            header.phys = header.virt;
            header
        })
        .collect();
    app.headers[0].flags = 5;
    app.entry = app.headers[0].virt;
    folder.put("app.elf", app.to_bytes());
    folder.accepted(&[]);
    expect![[r#"
        error: --app app.elf: too many segments, including those of the kernel
          expected: a payload header of up to 8192 bytes
          found: 9008 bytes, for 104 regions and 2001 bytes of boot arguments
          help: link the root task with fewer PT_LOADs, or shorten --bootargs
    "#]]
    .assert_eq(&folder.refused(&[("--bootargs", &"a".repeat(2000))]));
}
