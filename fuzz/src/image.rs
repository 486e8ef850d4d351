// SPDX-License-Identifier: BSD-2-Clause

//! Hostile images.
//!
//! If an image can be opened, writing its own payload header into it must not change it. A whole image must
//! hold everything that its header names.

use std::path::Path;

use kaal_elfloader_builder::{Compression, File, Format, ImageReader};
use kaal_payload::{
    LOADER_NOTE_TYPE, MAGIC, MAX_SIZE, PACKAGE_MAGIC, StubHead, UefiHeaders, package_header_size,
};
use sha2::{Digest, Sha256};
use zerocopy::{FromBytes, IntoBytes};

use crate::common::elf::{Elf, ProgramHeader};
use crate::common::loaded::crc32c;
use crate::common::programs::{self, KERNEL, ORDINARY_BASE};
use crate::inputs::{Content, RAM, UIMAGE_HEADER, efi_package, fit_package};
use crate::payload::{PACKAGE_LENGTH, PAYLOAD_LENGTH, mend};
use crate::{Target, input};

/// Bit of the first byte: correct the checksums. Otherwise, most inputs would fail there.
const MEND: u8 = 1;

/// The first bytes of a U-Boot image.
const UIMAGE_MAGIC: [u8; 4] = [0x27, 0x05, 0x19, 0x56];

/// The first bytes of a UEFI application.
const EFI_MAGIC: [u8; 2] = *b"MZ";

/// The first bytes of a device tree, and of a FIT image.
const TREE_MAGIC: [u8; 4] = [0xd0, 0x0d, 0xfe, 0xed];

/// Alignment in bytes of headers in a file.
const ALIGNMENT: usize = 8;

/// Offset of the number of chunks in a package header.
const CHUNK_COUNT: usize = PACKAGE_LENGTH + 4;

/// Offset in a chunk of the place of its stored bytes.
const CHUNK_OFFSET: usize = 24;

/// Offset in a chunk of the size of its stored bytes.
const CHUNK_SIZE: usize = 32;

/// Offset in a chunk of its checksum.
const CHUNK_CHECKSUM: usize = 40;

/// The reader of images.
pub const IMAGE: Target = Target {
    name: "image",
    run: |input| {
        let Some((&selector, file)) = input.split_first() else {
            return false;
        };
        let mut file = file.to_vec();
        if selector & MEND != 0 {
            let start = if file.starts_with(&UIMAGE_MAGIC) {
                UIMAGE_HEADER
            } else if file.starts_with(&EFI_MAGIC) {
                efi_package(&file).unwrap_or_default()
            } else if file.starts_with(&TREE_MAGIC) {
                fit_package(&file).unwrap_or_default()
            } else {
                0
            };
            mend_all(file.get_mut(start..).unwrap_or_default());
            if file.starts_with(&EFI_MAGIC) {
                mend_stub(&mut file, start);
            } else if file.starts_with(&TREE_MAGIC) {
                mend_hash(&mut file, start);
            }
        }
        run(&file)
    },
    seeds: || {
        let formats = [
            (Format::Elf, Compression::None),
            (Format::Raw, Compression::Lz4),
            (Format::Image, Compression::None),
            (Format::Uimage, Compression::Lz4),
            (Format::Efi, Compression::None),
            (Format::Fit, Compression::None),
        ];
        let any = formats.map(|(format, compression)| Content {
            format,
            compression,
            ..tiny(Content::well_formed())
        });
        let contents = any.into_iter().chain([tiny(Content::signed())]);
        let files = contents.map(|content| content.build(&[RAM]).expect("an image").file);
        let files: Vec<_> = files.collect();
        let efi = files.iter().filter(|file| file.starts_with(&EFI_MAGIC));
        let signed: Vec<_> = efi.map(|file| signed_for_secure_boot(file)).collect();
        let files = files.into_iter().chain(signed);
        files
            .flat_map(|file| [input(0, &file), input(MEND, &file)])
            .collect()
    },
};

/// `content` with the smallest possible kernel, unpacker and UEFI stub.
fn tiny(content: Content) -> Content {
    let kernel = ProgramHeader::load(
        ProgramHeader::READ_WRITE_EXECUTE,
        ORDINARY_BASE + KERNEL,
        programs::filled(0x40),
        0x1000,
    );
    let kernel = Elf::new(Elf::EXEC, ORDINARY_BASE + KERNEL, vec![kernel.at(KERNEL)]);
    Content {
        unpacker: Some(programs::tiny_unpacker().to_bytes()),
        efi_stub: Some(programs::efi_stub().to_bytes()),
        kernel: kernel.to_bytes(),
        ..content
    }
}

fn run(content: &[u8]) -> bool {
    let path = Path::new("name");
    let Ok(image) = ImageReader::open(File { path, content }) else {
        return false;
    };
    let range = image.payload_header_in_file();
    let mut header = [0u64; MAX_SIZE / size_of::<u64>()];
    let size = image.payload().encode(header.as_mut_bytes(), crc32c);
    let size = size.expect("a header of the same size");
    assert_eq!(size, range.len());
    for extent in image.extents() {
        assert!(extent.content.len() as u64 <= extent.memory.size());
    }
    image.loader_notes(LOADER_NOTE_TYPE);
    let is_whole = image.verify().is_ok();
    let is_kept = match image.format() {
        // Only `verify` checks the checksums of a U-Boot header or UEFI stub, which writing an image renews.
        Format::Uimage | Format::Efi => is_whole,
        // The signature of a FIT image gets lost.
        Format::Fit => false,
        _ => true,
    };
    if is_kept {
        let own = image.with_payload_header(&content[range]);
        assert!(own.is_ok_and(|file| file == content));
    }
    if !is_whole {
        return false;
    }
    for region in image.payload().regions {
        let stored = image.stored(region).expect("what is stored");
        assert_eq!(stored.len() as u64, region.file_size());
    }
    image.bytes(image.loader()).expect("the loader's memory");
    true
}

/// Corrects the checksums of all headers and of their chunks.
fn mend_all(file: &mut [u8]) {
    for offset in (0..file.len()).step_by(ALIGNMENT) {
        if file[offset..].starts_with(&MAGIC) {
            mend(&mut file[offset..], PAYLOAD_LENGTH);
        }
    }
    for offset in (0..file.len()).step_by(ALIGNMENT) {
        if file[offset..].starts_with(&PACKAGE_MAGIC) {
            mend_chunks(file, offset);
            mend(&mut file[offset..], PACKAGE_LENGTH);
        }
    }
}

/// Corrects the checksums in the head of the UEFI stub of `file`, whose package begins at `package`.
fn mend_stub(file: &mut [u8], package: usize) -> Option<()> {
    let (headers, _) = UefiHeaders::read_from_prefix(file).ok()?;
    let place = size_of::<UefiHeaders>();
    let (mut head, _) = StubHead::read_from_prefix(file.get(place..)?).ok()?;
    let checked = file.get(package..)?.get(..head.checked_size as usize)?;
    head.package_checksum = crc32c(checked);
    head.write_to_prefix(file.get_mut(place..)?).ok()?;
    let stub = file.get(place + StubHead::CHECKED_FROM..package)?;
    head.checksum = crc32c(&[&headers.checked().concat(), stub].concat());
    head.write_to_prefix(file.get_mut(place..)?).ok()
}

/// Corrects the hash of the kernel of a FIT image, whose package begins at `package`. The hash is the first property of
/// 32 bytes behind it.
fn mend_hash(file: &mut [u8], package: usize) -> Option<()> {
    /// `FDT_PROP`, and a length.
    const PROPERTY: [u8; 8] = [0, 0, 0, 3, 0, 0, 0, 32];

    // The length of the property with the package, followed by the offset of its name.
    let length = file.get(package.checked_sub(8)?..)?.first_chunk()?;
    let end = package.checked_add(u32::from_be_bytes(*length) as usize)?;
    let hash = Sha256::digest(file.get(package..end)?);
    let behind = file.get_mut(end..)?;
    let mut windows = behind.windows(PROPERTY.len());
    let place = windows.position(|window| window == PROPERTY)? + PROPERTY.len() + 4;
    behind
        .get_mut(place..place + hash.len())?
        .copy_from_slice(&hash);
    Some(())
}

/// `file`, a UEFI application, with a certificate as a program that signs for Secure Boot appends it.
fn signed_for_secure_boot(file: &[u8]) -> Vec<u8> {
    /// Length, revision and type of the certificate (`WIN_CERTIFICATE`), and two words of content.
    const CERTIFICATE: [u8; 16] = [16, 0, 0, 0, 0, 2, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8];

    let place = [file.len(), CERTIFICATE.len()].map(|number| (number as u32).to_le_bytes());
    let (mut headers, rest) = UefiHeaders::read_from_prefix(file).expect("headers");
    headers.checksum = [1; _];
    headers.certificates = place;
    [headers.as_bytes(), rest, &CERTIFICATE].concat()
}

/// Corrects the checksums of the chunks of a package. The package begins with the file, its header is at
/// `header`.
fn mend_chunks(file: &mut [u8], header: usize) -> Option<()> {
    let chunk_size = package_header_size(1) - package_header_size(0);
    let count = file.get(header + CHUNK_COUNT..)?.first_chunk()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    for index in 0..count {
        let chunk = header + package_header_size(0) + index * chunk_size;
        let number = |place: usize| {
            let bytes = file.get(chunk + place..)?.first_chunk()?;
            usize::try_from(u64::from_le_bytes(*bytes)).ok()
        };
        let (start, size) = (number(CHUNK_OFFSET)?, number(CHUNK_SIZE)?);
        let stored = file.get(start..start.checked_add(size)?)?;
        let checksum = crc32c(stored).to_le_bytes();
        file.get_mut(chunk + CHUNK_CHECKSUM..)?
            .first_chunk_mut()
            .map(|place: &mut [u8; 4]| *place = checksum)?;
    }
    Some(())
}
