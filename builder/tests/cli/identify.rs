// SPDX-License-Identifier: BSD-2-Clause

//! Tests that the builder refuses files that aren't images and names their kind, without reading all of them.

use std::path::Path;

use expect_test::{Expect, expect};
use kaal_elfloader_builder::{File, ImageReader, image_reader};
use kaal_payload::{MAGIC, PACKAGE_MAGIC};

use crate::common::device_tree::DeviceTree;
use crate::common::folder::Folder;
use crate::common::formats::{EFI, ELF, FIT, IMAGE, LZ4, UIMAGE};
use crate::common::programs::{self, ORDINARY_BASE};

// Elsewhere, nothing limits the addresses of a process.
#[cfg(target_os = "linux")]
mod large;

/// The `found` line of the error for `content`.
fn found(content: &[u8]) -> String {
    let path = Path::new("file");
    let message = ImageReader::open(File { path, content })
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
        (b"{ \"memory\": [] }\n", expect!["JSON"]),
        (
            &DeviceTree::with_ram(1 << 20).to_bytes(),
            expect!["a flattened device tree"],
        ),
        (&disk, expect!["a disk with a boot sector"]),
        (&linux, expect!["an arm64 Linux Image"]),
        (&uimage, expect!["a U-Boot image"]),
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
            expect!["an ELF program for AARCH64, perhaps a seL4 kernel"],
        ),
        (
            programs::app().to_bytes(),
            expect!["an ELF program for AARCH64"],
        ),
        (
            programs::loader().to_bytes(),
            expect!["an ELF program for AARCH64, a KaaL loader"],
        ),
        (for_x86.to_bytes(), expect!["an ELF program for X86_64"]),
        (
            microkit,
            expect!["an ELF program for AARCH64 of Microkit's loader"],
        ),
    ];
    for (content, expected) in files {
        check(&content, &expected);
    }
}

/// The problem and the `found` line of the error.
fn problem(content: &[u8]) -> String {
    let path = Path::new("file");
    let diagnostic = ImageReader::open(File { path, content }).expect_err("no image");
    let message = diagnostic.to_string();
    let line = message.lines().next().expect("a line");
    format!("{}; {}", &line["image file: ".len()..], found(content))
}

/// Loaders hold what a header begins with, because they look for it; damaged images hold a loader.
#[test]
fn parts_and_damaged_images_are_told_apart() {
    let mut loader = programs::loader();
    loader.headers[1].content[..MAGIC.len()].copy_from_slice(&MAGIC);
    expect!["not a KaaL image; an ELF program for AARCH64, a KaaL loader"]
        .assert_eq(&problem(&loader.to_bytes()));

    let folder = Folder::new();
    folder.accepted(&ELF);
    let mut image = folder.get("image.elf");
    // `p_align` of the first program header.
    image[64 + 48] ^= 1;
    // A loader's note, which is a part of real loaders' memory.
    let note = programs::loader().headers.pop().expect("a note");
    image.extend(note.content);
    expect![
        "a KaaL image that is damaged, or from another version; an ELF program for AARCH64 of KaaL"
    ]
    .assert_eq(&problem(&image));

    folder.accepted(&IMAGE);
    let mut image = folder.get("image.elf");
    // Its header is cut off; what is left is a part of the unpacker, which holds what it looks for.
    image.truncate(0x2000);
    image[0x1001..][..PACKAGE_MAGIC.len()].copy_from_slice(&PACKAGE_MAGIC);
    expect!["a KaaL image that is damaged, or from another version; an arm64 Linux Image of KaaL"]
        .assert_eq(&problem(&image));
}

#[test]
fn every_truncation_is_refused() {
    let folder = Folder::new();
    for options in [
        &ELF[..],
        &UIMAGE,
        &EFI,
        &FIT,
        &[&IMAGE[..], &[LZ4]].concat(),
    ] {
        folder.accepted(options);
        let image = folder.get("image.elf");
        for length in (0..image.len()).step_by(7) {
            found(&image[..length]);
        }
        found(&[&image[..], &[0]].concat());
    }
}

#[test]
fn what_is_no_file() {
    for path in ["/", "/dev/zero", "/nowhere"] {
        assert!(image_reader::read(Path::new(path)).is_err());
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

/// A package whose header claims more content than memory can hold.
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
    let image = ImageReader::open(File { path, content }).expect("an image");
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
        format!("{} bytes for a content of 2097152", first.stored().size)
    );
}
