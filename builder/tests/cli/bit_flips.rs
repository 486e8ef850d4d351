// SPDX-License-Identifier: BSD-2-Clause

//! Flips each bit of small images: the image reader refuses each changed image.

use std::path::Path;

use kaal_elfloader_builder::{File, ImageReader};

use crate::common::elf::{Elf, ProgramHeader};
use crate::common::folder::Folder;
use crate::common::formats::{EFI, ELF, FIT, IMAGE, LZ4, RAW, UIMAGE};
use crate::common::programs::{self, KERNEL, ORDINARY_BASE, filled};

/// A folder with inputs that are as small as can be.
fn tiny() -> Folder {
    let folder = Folder::new();
    let kernel = ProgramHeader::load(
        ProgramHeader::READ_WRITE_EXECUTE,
        ORDINARY_BASE + KERNEL,
        filled(0x40),
        0x1000,
    );
    let kernel = Elf::new(Elf::EXEC, ORDINARY_BASE + KERNEL, vec![kernel.at(KERNEL)]);
    folder.put("kernel.elf", kernel.to_bytes());
    folder.put("unpacker.elf", programs::tiny_unpacker().to_bytes());
    folder
}

/// Whether the image in `content` is taken for one that is whole.
fn is_accepted(content: &[u8]) -> bool {
    let path = Path::new("image");
    ImageReader::open(File { path, content }).is_ok_and(|image| image.verify().is_ok())
}

/// Flips every bit of the image that `options` make.
fn check(options: &[(&str, &str)]) {
    let folder = tiny();
    folder.accepted(options);
    let mut image = folder.get("image.elf");
    assert!(is_accepted(&image));
    let mut ignored = Vec::new();
    for offset in 0..image.len() {
        for bit in 0..8 {
            image[offset] ^= 1 << bit;
            if is_accepted(&image) {
                ignored.push((offset, bit));
            }
            image[offset] ^= 1 << bit;
        }
    }
    println!(
        "{options:?}: {} bits flipped, {} ignored",
        image.len() * 8,
        ignored.len()
    );
    assert_eq!(ignored, []);
}

#[test]
fn elf() {
    check(&ELF);
}

#[test]
fn elf_with_sha256() {
    check(&[("--verify", "sha256")]);
}

#[test]
fn raw() {
    check(&RAW);
}

#[test]
fn image() {
    check(&IMAGE);
}

#[test]
fn uimage() {
    check(&UIMAGE);
}

#[test]
fn efi() {
    check(&EFI);
}

#[test]
fn fit() {
    check(&FIT);
}

#[test]
fn compressed() {
    check(&[&IMAGE[..], &[LZ4]].concat());
}
