// SPDX-License-Identifier: BSD-2-Clause

//! Packages whose unpacker, or what it is told, is another one. All checksums are those that the builder would write.

use crc::{CRC_32_ISO_HDLC, Crc};
use kaal_elfloader_builder::{Format, ImageReader};
use kaal_payload::{PAGE_SIZE, Package, StubHead, UefiHeaders};
use zerocopy::{FromBytes, IntoBytes};

use super::{CHECK, SIGN_AGAIN, change, refused, signed};
use crate::common::folder::Folder;
use crate::common::formats::{EFI, IMAGE, LZ4, RAW, UIMAGE};
use crate::common::loaded::crc32c;

/// Size in bytes of U-Boot's header, and the places of its fields (U-Boot, `include/image.h`).
const UIMAGE_HEADER: usize = 64;
const HEADER_CHECKSUM: usize = 4;
const LOAD_AND_ENTRY: [usize; 2] = [16, 20];
const DATA_CHECKSUM: usize = 24;

/// Applies `forge` to a signed image in each packed format.
fn each_format(forge: impl Fn(&Folder), reason: &str) {
    for format in [&RAW[..], &IMAGE, &UIMAGE, &EFI] {
        for compression in [&[][..], &[LZ4]] {
            let folder = signed(&[format, compression].concat());
            forge(&folder);
            refused(&folder, &CHECK, reason);
            refused(&folder, &SIGN_AGAIN, reason);
        }
    }
}

#[test]
fn other_code_in_the_unpacker() {
    /// In a segment with code.
    const CODE: usize = 0x1010;

    each_format(
        |folder| {
            change(folder, |image, file| {
                let (start, header) = image.package_in_file().expect("a package");
                file[start + CODE] ^= 1;
                let unpacker_checksum = crc32c(&file[start..header]);
                let package = image.package().expect("a package");
                write(
                    image,
                    file,
                    Package {
                        unpacker_checksum,
                        ..package
                    },
                );
            });
        },
        "what runs before its loader",
    );
}

#[test]
fn other_code_in_the_uefi_stub() {
    /// Behind the stub's head and its ELF header.
    const CODE: usize = 0xc0;

    let folder = signed(&EFI);
    change(&folder, |image, file| {
        file[image.stub_in_file()][CODE] ^= 1;
        correct_stub(image, file);
    });
    refused(&folder, &CHECK, "what runs before its loader");
    refused(&folder, &SIGN_AGAIN, "what runs before its loader");
}

#[test]
fn another_work_area() {
    each_format(
        |folder| {
            change(folder, |image, file| {
                let mut package = image.package().expect("a package");
                package.scratch.start.0 += PAGE_SIZE;
                write(image, file, package);
            });
        },
        "what runs before its loader",
    );
}

#[test]
fn another_load_address() {
    let folder = signed(&UIMAGE);
    change(&folder, |_, file| {
        for field in LOAD_AND_ENTRY {
            file[field..][..4].copy_from_slice(&0x4300_0000u32.to_be_bytes());
        }
        correct_uimage(file);
    });
    refused(&folder, &CHECK, "what runs before its loader");
    refused(&folder, &SIGN_AGAIN, "what runs before its loader");
}

/// Replaces the package header of `image` in `file`, and corrects the checksums around it.
fn write(image: &ImageReader<'_>, file: &mut [u8], package: Package<'_>) {
    let (start, header) = image.package_in_file().expect("a package");
    let written = package.encode(&mut file[header..], crc32c);
    written.expect("as large a header");
    if start == UIMAGE_HEADER {
        correct_uimage(file);
    }
    if image.format() == Format::Efi {
        correct_stub(image, file);
    }
}

/// Corrects the checksums in the head of the UEFI stub of `image` in `file`.
fn correct_stub(image: &ImageReader<'_>, file: &mut [u8]) {
    let (start, _) = image.package_in_file().expect("a package");
    let place = image.stub_in_file().start;
    let (mut head, _) = StubHead::read_from_prefix(&file[place..]).expect("a head");
    head.package_checksum = crc32c(&file[start..][..head.checked_size as usize]);
    head.write_to_prefix(&mut file[place..]).expect("room");
    let (headers, _) = UefiHeaders::read_from_prefix(file).expect("headers");
    let stub = &file[place + StubHead::CHECKED_FROM..start];
    head.checksum = crc32c(&[&headers.checked().concat(), stub].concat());
    head.write_to_prefix(&mut file[place..]).expect("room");
}

/// Corrects the checksums in U-Boot's header.
fn correct_uimage(file: &mut [u8]) {
    let crc32 = |bytes: &[u8]| {
        Crc::<u32>::new(&CRC_32_ISO_HDLC)
            .checksum(bytes)
            .to_be_bytes()
    };
    let data = crc32(&file[UIMAGE_HEADER..]);
    let (header, _) = file.split_at_mut(UIMAGE_HEADER);
    header[DATA_CHECKSUM..][..4].copy_from_slice(&data);
    header[HEADER_CHECKSUM..][..4].fill(0);
    let checksum = crc32(header);
    header[HEADER_CHECKSUM..][..4].copy_from_slice(&checksum);
}
