// SPDX-License-Identifier: BSD-2-Clause

//! Tests of `diff`.

use std::fs;
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;
use expect_test::expect;
use serde_json::Value;

use crate::common::device_tree::{Core, DeviceTree};
use crate::common::folder::Folder;
use crate::common::formats::{IMAGE, LZ4, RAW, UIMAGE};
use crate::common::named;
use crate::common::programs;

/// Runs `diff` in `folder`.
fn diff(folder: &Folder, arguments: &[&str]) -> Output {
    Command::new(cargo_bin("kaal-elfloader-builder"))
        .arg("diff")
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .expect("the builder runs")
}

/// The output of `diff` for `image.elf` and `other.elf`, which must differ.
fn different(folder: &Folder, more: &[&str]) -> String {
    let arguments = [&["image.elf", "other.elf"], more].concat();
    let output = diff(folder, &arguments);
    assert!(output.stderr.is_empty());
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stdout).expect("text")
}

/// The output of `diff` for an ordinary image and one with `changes`.
fn different_with(changes: &[(&str, &str)]) -> String {
    let folder = Folder::new();
    folder.accepted(&[]);
    let changes = [changes, &[("--out", "other.elf")]].concat();
    folder.accepted(&changes);
    different(&folder, &[])
}

/// A root task with a function `main` whose byte `index` is `byte`.
fn app(index: usize, byte: u8) -> Vec<u8> {
    let mut app = programs::app();
    app.headers[0].content[index] = byte;
    let functions = [("_start", 0x20_0020, 0x10), ("main", 0x20_0030, 0x40)];
    named::file(&app, &functions)
}

/// A folder with two images that differ in one byte of the root task.
pub(crate) fn folder_with_two_root_tasks() -> Folder {
    let folder = Folder::new();
    folder.put("app.elf", app(0x44, 0xaa));
    folder.accepted(&[]);
    folder.put("other-app.elf", app(0x44, 0x55));
    folder.accepted(&[("--app", "other-app.elf"), ("--out", "other.elf")]);
    folder
}

#[test]
fn the_same() {
    let folder = Folder::new();
    folder.accepted(&[]);
    folder.accepted(&[("--out", "other.elf")]);
    let output = diff(&folder, &["image.elf", "other.elf"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    assert!(output.stderr.is_empty());
}

#[test]
fn one_changed_root_task() {
    let folder = folder_with_two_root_tasks();
    expect![[r#"
        inputs
          rootTask: app.elf 130910ba72323a3b7d11f4ce…, other-app.elf 0f5883cabce459f0dce4357e…
        user image
          0x4024d000..0x4024e128: 1 of 291 bytes, the first at 0x4024d044 (0xaa, 0x55)
          app.elf: main: 1 of 64 bytes differ
        consequences:
        payload header
          measurement: ad8b565db9d40ef3126736ad…, c74f675ece01dbaf9a22d369…
          regions[1] (device tree).digest: crc32c:71b27553, crc32c:42309201
          regions[2] (user image).digest: crc32c:fff112a3, crc32c:c87b58cb
        device tree
          0x4023d000..0x4024d000: 32 of 456 bytes, the first at 0x4023d0a8 (0xad, 0xc7)
          /chosen: kaal,measurement differs: <ad8b565d b9d40ef3 126736ad 157f19da 8c3…, <c74f675e ce01dbaf 9a22d369 da1e69be cd7…
    "#]].assert_eq(&different(&folder, &[]));
}

#[test]
fn one_changed_root_task_without_manifests() {
    let folder = folder_with_two_root_tasks();
    for manifest in ["image.elf.json", "other.elf.json"] {
        fs::remove_file(folder.path().join(manifest)).expect("a manifest");
    }
    expect![[r#"
        user image
          0x4024d000..0x4024e128: 1 of 291 bytes, the first at 0x4024d044 (0xaa, 0x55)
        consequences:
        payload header
          measurement: ad8b565db9d40ef3126736ad…, c74f675ece01dbaf9a22d369…
          regions[1] (device tree).digest: crc32c:71b27553, crc32c:42309201
          regions[2] (user image).digest: crc32c:fff112a3, crc32c:c87b58cb
        device tree
          0x4023d000..0x4024d000: 32 of 456 bytes, the first at 0x4023d0a8 (0xad, 0xc7)
          /chosen: kaal,measurement differs: <ad8b565d b9d40ef3 126736ad 157f19da 8c3…, <c74f675e ce01dbaf 9a22d369 da1e69be cd7…
        note: to compare programs by symbol, keep the manifest of each image beside it, and its programs there, in debug/ or in a folder that --programs names
    "#]].assert_eq(&different(&folder, &[]));
}

/// `diff` ignores a manifest that belongs to another image.
#[test]
fn manifest_of_another_image() {
    let folder = folder_with_two_root_tasks();
    fs::copy(
        folder.path().join("image.elf.json"),
        folder.path().join("other.elf.json"),
    )
    .expect("a manifest");
    let said = different(&folder, &[]);
    assert!(!said.contains("inputs"), "{said}");
    assert!(said.contains("note: "), "{said}");
}

#[test]
fn programs_in_another_folder() {
    let folder = folder_with_two_root_tasks();
    let programs = Folder::new();
    for name in ["app.elf", "other-app.elf"] {
        let path = folder.path().join(name);
        programs.put(name, fs::read(&path).expect("a program"));
        fs::remove_file(path).expect("a program");
    }
    let line = "app.elf: main: 1 of 64 bytes differ";
    assert!(!different(&folder, &[]).contains(line));
    let elsewhere = programs.path().to_string_lossy();
    assert!(different(&folder, &["--programs", &elsewhere]).contains(line));
}

#[test]
fn as_json() {
    let folder = folder_with_two_root_tasks();
    let text = different(&folder, &["--json"]);
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let differences = report["differences"].as_array().expect("a list");
    let parts: Vec<_> = differences
        .iter()
        .map(|difference| (difference["part"].as_str(), difference["follows"].as_bool()))
        .collect();
    let expected = [
        (Some("inputs"), Some(false)),
        (Some("payload header"), Some(true)),
        (Some("user image"), Some(false)),
        (Some("device tree"), Some(true)),
    ];
    assert_eq!(parts, expected);
}

#[test]
fn settings() {
    let changes = [
        ("--log-level", "debug"),
        ("--verify", "sha256"),
        ("--bootargs", "quiet"),
        ("--app-offset", "0x300000"),
        ("--image-version", "7"),
    ];
    expect![[r#"
        settings
          appOffset: none, 3145728
          logLevel: info, debug
          verify: crc32c, sha256
          bootargs: none, quiet
          imageVersion: 0, 7
        payload header
          imageVersion: 0, 7
          logLevel: info, debug
          integrity: crc32c, sha256
          userImage.start: 0x4024d000, 0x40300000
          userImage.end: 0x40253000, 0x40306000
          userImage.offset: 0x4004d000, 0x40100000
          deviceTree.size: 456, 488
          regions[1] (device tree).stored: 456, 488
          regions[2] (user image).start: 0x4024d000, 0x40300000
          regions[2] (user image).end: 0x4024e128, 0x40301128
          regions[3] (user image).start: 0x4024e128, 0x40301128
          regions[3] (user image).end: 0x40253000, 0x40306000
          bootArguments: none, quiet
        user image
          0x4024d000..0x4024e128 and 0x40300000..0x40301128, with the same content
          0x4024e128..0x40253000 and 0x40301128..0x40306000, with the same content
        device tree
          0x4023d000..0x4024d000: 257 of 456 and 488 bytes, the first at 0x4023d007 (0xc8, 0xe8)
          /chosen: bootargs only in the second
          /chosen: kaal,measurement differs: <c9727955 a95c27b8 e278504f eaf56352 6d8…, <da4ad8bd 87490eeb aa4c4bf8 c43f261f b95…
        consequences:
        payload header
          measurement: c9727955a95c27b8e278504f…, da4ad8bd87490eebaa4c4bf8…
          loader.digest: crc32c:27fb59c2, sha256:8d92761c2c0b0a96c…
          regions[0] (kernel).digest: crc32c:6bff4307, sha256:6b169929c339d3c4f…
          regions[1] (device tree).digest: crc32c:c4096c83, sha256:56c9ee74deebfbbb5…
          regions[2] (user image).digest: crc32c:4b90d40f, sha256:a86765620e6f03ebd…
          regions[3] (user image).digest: crc32c:a0de6714, sha256:5dfbabeedf318bf33…
          regions[4] (translation tables).digest: crc32c:9316167f, sha256:3fd38f43bcb0733bc…
    "#]].assert_eq(&different_with(&changes));
}

#[test]
fn formats() {
    let changes = [&RAW[..], &[LZ4]].concat();
    expect![[r#"
        settings
          format: elf, raw
          compress: none, lz4
        inputs
          unpacker: none, unpacker.elf e881b04282386ae230638924…
    "#]]
    .assert_eq(&different_with(&changes));
}

/// Compression changes all bytes behind the difference. `diff` shows only the difference itself.
#[test]
fn one_changed_root_task_compressed() {
    let folder = folder_with_two_root_tasks();
    for (app, out) in [("app.elf", "image.elf"), ("other-app.elf", "other.elf")] {
        let changes = [&IMAGE[..], &[LZ4, ("--app", app), ("--out", out)]].concat();
        folder.accepted(&changes);
    }
    let said = different(&folder, &[]);
    assert!(
        said.contains("app.elf: main: 1 of 64 bytes differ"),
        "{said}"
    );
    assert!(!said.contains("unpacker"), "{said}");
}

#[test]
fn unpackers_and_load_addresses() {
    let folder = Folder::new();
    folder.accepted(&[&UIMAGE[..], &[("--out", "image.elf")]].concat());
    let mut unpacker = programs::unpacker();
    unpacker.headers[1].content[9] ^= 1;
    folder.put("unpacker.elf", unpacker.to_bytes());
    let changes = [
        ("--unpacker", "unpacker.elf"),
        ("--format", "uimage"),
        ("--load-address", "0x44000000"),
        ("--out", "other.elf"),
    ];
    folder.accepted(&changes);
    expect![[r#"
        settings
          loadAddress: 0x42000000, 0x44000000
        inputs
          unpacker: unpacker.elf e881b04282386ae230638924…, unpacker.elf 97e91a8e51a1c35b5acbc8cf…
        load address
          0x42000000, 0x44000000
        unpacker
          1 of 8160 bytes, the first at 0x1009 (0x0a, 0x0b)
        note: to compare programs by symbol, keep the manifest of each image beside it, and its programs there, in debug/ or in a folder that --programs names
    "#]]
    .assert_eq(&different(&folder, &[]));
}

#[test]
fn device_trees() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let tree = DeviceTree {
        cores: Core::all([0]),
        reserved: vec![(0x4800_0000, 0x1000)],
        console: "arm,sbsa-uart",
        ..DeviceTree::with_ram(0x2000_0000)
    };
    folder.put("kernel.dtb", tree.to_bytes());
    folder.accepted(&[("--out", "other.elf")]);
    expect![[r#"
        inputs
          deviceTree: kernel.dtb 060bc4ffea0645f91b27ccab…, kernel.dtb 3c09b500b10bc4357efe7530…
        payload header
          deviceTree.size: 456, 640
          regions[1] (device tree).stored: 456, 640
        device tree
          0x4023d000..0x4024d000: 490 of 456 and 640 bytes, the first at 0x4023d006 (0x01, 0x02)
          /cpus: only in the second
          /cpus/cpu@0: only in the second
          /memory@40000000: reg differs: <00000000 40000000 00000000 10000000>, <00000000 40000000 00000000 20000000>
          /memreserve/: 0x48000000..0x48001000 only in the second
          /serial@9000000: compatible differs: "arm,pl011", "arm,sbsa-uart"
        consequences:
        payload header
          regions[1] (device tree).digest: crc32c:c4096c83, crc32c:80a3b35e
    "#]].assert_eq(&different(&folder, &[]));
}

#[test]
fn loaders() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let mut loader = programs::loader();
    loader.headers[1].content[9] ^= 1;
    folder.put("loader.elf", loader.to_bytes());
    folder.accepted(&[("--out", "other.elf")]);
    expect![[r#"
        inputs
          loader: loader.elf 64c7a64798e152292c99e5e3…, loader.elf ff811a5bb4e04731c07c71be…
        loader
          0x40400000..0x40404000: 1 of 16384 bytes, the first at 0x40401009 (0x0a, 0x0b)
        consequences:
        payload header
          loader.digest: crc32c:27fb59c2, crc32c:fd08da1e
        note: to compare programs by symbol, keep the manifest of each image beside it, and its programs there, in debug/ or in a folder that --programs names
    "#]].assert_eq(&different(&folder, &[]));
}

/// The trusted key and the least version are part of the loader.
#[test]
fn trusted_keys() {
    let folder = Folder::new();
    let loader = programs::loader_of_signed_images();
    folder.put("loader.elf", loader.to_bytes());
    for (key, version, image) in [("one", "0", "image.elf"), ("two", "3", "other.elf")] {
        let output = Command::new(cargo_bin("kaal-elfloader-builder"))
            .args(["keygen", "--sign-key", &format!("{key}.secret")])
            .args(["--trust-key", key])
            .current_dir(folder.path())
            .output();
        assert!(output.expect("the builder runs").status.success());
        folder.accepted(&[
            ("--trust-key", key),
            ("--min-version", version),
            ("--image-version", version),
            ("--out", image),
        ]);
    }
    let said = different(&folder, &[]);
    let key = |side: usize| {
        let line = said.lines().find(|line| line.contains("  keyId: "));
        let keys = line.expect("two keys").trim_start_matches("  keyId: ");
        keys.split(", ").nth(side).expect("a key").to_owned()
    };
    let trusts = format!(
        "  trusts key {} from version 0 on, key {} from version 3 on\n",
        key(0),
        key(1)
    );
    assert!(said.contains(&trusts), "{said}");
}

#[test]
fn programs() {
    let folder = Folder::new();
    folder.put("image.elf", app(0x44, 0xaa));
    let mut longer = programs::app();
    longer.headers[0].content.extend([0; 8]);
    longer.headers[0].memory_size += 8;
    let functions = [("_start", 0x20_0020, 0x18), ("other", 0x20_0038, 0x40)];
    folder.put("other.elf", named::file(&longer, &functions));
    expect![[r#"
        program
          main: only in the first, 64 bytes
          other: only in the second, 64 bytes
          _start: 16 and 24 bytes
          in the file: 119 of 824 and 833 bytes, the first at 0x28 (0x38, 0x41)
    "#]]
    .assert_eq(&different(&folder, &[]));
    let output = diff(&folder, &["image.elf", "image.elf"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn files_that_cannot_be_compared() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let mut damaged = folder.get("image.elf");
    let end = damaged.len() - 1;
    damaged.truncate(end);
    folder.put("damaged.elf", damaged);
    for (one, other) in [
        ("image.elf", "missing.elf"),
        ("missing.elf", "image.elf"),
        ("image.elf", "app.elf"),
        ("image.elf", "kernel.dtb"),
        ("kernel.dtb", "kernel.dtb"),
        ("damaged.elf", "image.elf"),
    ] {
        let output = diff(&folder, &[one, other]);
        assert_eq!(output.status.code(), Some(2), "{one} {other}");
        assert!(output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(said.starts_with("error: image "), "{said}");
    }
}
