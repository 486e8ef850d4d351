// SPDX-License-Identifier: BSD-2-Clause

//! Files that are no images: each is refused with what it is, and at no cost.

use std::fs::File as OpenFile;
use std::path::Path;

use expect_test::{Expect, expect};
use kaal_elfloader_builder::{File, Opened, opened};

use crate::common::device_tree::DeviceTree;
use crate::common::folder::Folder;
use crate::common::formats::{ELF, IMAGE, LZ4, UIMAGE};
use crate::common::programs::{self, ORDINARY_BASE};

/// What is found in `content` instead of an image.
fn found(content: &[u8]) -> String {
    let path = Path::new("file");
    let message = Opened::open(File { path, content })
        .expect_err("no image")
        .to_string();
    let found = message
        .lines()
        .find_map(|line| line.strip_prefix("  found: "));
    found.expect("what is found").to_owned()
}

fn check(content: &[u8], expected: &Expect) {
    expected.assert_eq(&found(content));
}

#[test]
fn other_formats() {
    let mut disk = vec![0; 4096];
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    let mut linux = vec![0; 4096];
    linux[56..60].copy_from_slice(b"ARM\x64");
    let mut uimage = 0x2705_1956u32.to_be_bytes().to_vec();
    uimage.resize(64, 0);
    let files: [(&[u8], Expect); 10] = [
        (&[], expect!["an empty file"]),
        (&[0; 100], expect!["zeroes"]),
        (b"\x1f\x8b\x08\0\0\0\0\0", expect!["a gzip file"]),
        (b"#!/bin/sh\n", expect!["a script"]),
        (b"{ \"memory\": [] }\n", expect!["text"]),
        (
            &DeviceTree::with_ram(1 << 20).to_bytes(),
            expect!["a flattened device tree or a FIT image"],
        ),
        (&disk, expect!["a disk with a boot sector"]),
        (&linux, expect!["an arm64 Linux Image of something else"]),
        (&uimage, expect!["a U-Boot image of something else"]),
        (
            b"\x07\x08\xfe\xff and more",
            expect!["a file of unknown kind that begins with 07 08 fe ff 20 61 6e 64"],
        ),
    ];
    for (content, expected) in files {
        check(content, &expected);
    }
}

#[test]
fn other_programs() {
    let mut for_x86 = programs::app();
    for_x86.machine = 62;
    let mut microkit = programs::app().to_bytes();
    microkit.extend(b"LDR|INFO: altloader for seL4 starting\n");
    let files = [
        (
            programs::kernel(ORDINARY_BASE).to_bytes(),
            expect![
                "an ELF program for AARCH64: perhaps a seL4 kernel, which is a part of an image"
            ],
        ),
        (
            programs::app().to_bytes(),
            expect!["an ELF program for AARCH64"],
        ),
        (
            programs::loader().to_bytes(),
            expect!["an ELF program for AARCH64: a KaaL loader, which is a part of an image"],
        ),
        (for_x86.to_bytes(), expect!["an ELF program for X86_64"]),
        (
            microkit,
            expect!["an ELF program for AARCH64, an image of Microkit's loader"],
        ),
    ];
    for (content, expected) in files {
        check(&content, &expected);
    }
}

#[test]
fn every_truncation_is_refused() {
    let folder = Folder::new();
    for options in [&ELF[..], &UIMAGE, &[&IMAGE[..], &[LZ4]].concat()] {
        folder.accepted(options);
        let image = folder.get("image.elf");
        for length in (0..image.len()).step_by(7) {
            found(&image[..length]);
        }
        found(&[&image[..], &[0]].concat());
    }
}

/// A file that is no image is refused without reading it: this one would not fit into memory.
#[test]
fn a_large_file_is_not_read() {
    let folder = Folder::new();
    let large = folder.path().join("large");
    let file = OpenFile::create(&large).expect("a file");
    file.set_len(10 << 30).expect("a sparse file");
    let message = opened::read(&large).expect_err("no image").to_string();
    assert!(message.contains("found: zeroes"), "{message}");

    folder.accepted(&IMAGE);
    let file = OpenFile::options()
        .write(true)
        .open(folder.path().join("image.elf"))
        .expect("the image");
    file.set_len(10 << 30).expect("a sparse file");
    let message = opened::read(&folder.path().join("image.elf"))
        .expect_err("no image")
        .to_string();
    assert!(message.contains("longer than it should be"), "{message}");
}

/// Whatever a large file begins with, `inspect` and `check` say what it is in far less memory than it has bytes.
#[cfg(target_os = "linux")]
#[test]
fn a_large_file_takes_little_memory() {
    let folder = Folder::new();
    for options in [&ELF[..], &UIMAGE, &IMAGE] {
        folder.accepted(options);
        check_in_little_memory(&folder, "image.elf", "longer than it should be");
    }
    let files = [
        ("zeroes", vec![], "zeroes"),
        ("gzip", b"\x1f\x8b\x08\0".to_vec(), "a gzip file"),
        (
            "app.elf",
            programs::app().to_bytes(),
            "an ELF program for AARCH64",
        ),
    ];
    for (name, content, found) in files {
        folder.put(name, content);
        check_in_little_memory(&folder, name, found);
    }
}

/// Makes the file 10 GiB long, and lets commands that look at it have 128 MiB of addresses.
#[cfg(target_os = "linux")]
fn check_in_little_memory(folder: &Folder, name: &str, expected: &str) {
    let file = OpenFile::options()
        .write(true)
        .open(folder.path().join(name))
        .expect("the file");
    file.set_len(10 << 30).expect("a sparse file");
    for subcommand in ["inspect", "check"] {
        let output = assert_cmd::Command::new("sh")
            .args(["-c", "ulimit -v 131072 && exec \"$@\"", "sh"])
            .arg(assert_cmd::cargo::cargo_bin("kaal-elfloader-builder"))
            .args([subcommand, name])
            .current_dir(folder.path())
            .output()
            .expect("a shell");
        let messages = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{messages}");
        assert!(messages.contains(expected), "{messages}");
    }
}

#[test]
fn what_is_no_file() {
    for path in ["/", "/dev/zero", "/nowhere"] {
        assert!(opened::read(Path::new(path)).is_err());
    }
}

/// Opening a pipe would wait for somebody to write to it.
#[test]
fn a_pipe_that_nobody_writes_to() {
    let folder = Folder::new();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()));
    assert_cmd::Command::cargo_bin("kaal-elfloader-builder")
        .expect("the builder")
        .arg("inspect")
        .arg(&pipe)
        .timeout(std::time::Duration::from_secs(60))
        .assert()
        .code(1);
}

/// A package that claims to become more than memory could hold.
#[test]
fn large_claims_cost_nothing() {
    use kaal_payload::{Chunk, Package};
    use zerocopy::IntoBytes;

    use crate::common::loaded::crc32c;
    let folder = Folder::new();
    folder.accepted(&[&IMAGE[..], &[LZ4]].concat());
    let mut file = folder.get("image.elf");
    let whole = file.clone();
    let path = Path::new("image.elf");
    let content = &whole[..];
    let image = Opened::open(File { path, content }).expect("an image");
    let package = image.package().expect("a package");
    let (_, header) = image.package_in_file().expect("a package");
    let first = &package.chunks[0];
    let mut chunks: Vec<Chunk> = package.chunks.to_vec();
    let memory = kaal_payload::PhysRange::from_size(first.destination(), 0x23d000).expect("memory");
    chunks[0] = Chunk::new(memory, 0x20_0000, first.stored());
    let package = Package {
        chunks: &chunks,
        ..package
    };
    package
        .encode(file[header..].as_mut_bytes(), crc32c)
        .expect("room");
    assert_eq!(
        found(&file),
        format!("{} bytes that should become 2097152", first.stored().size)
    );
}
