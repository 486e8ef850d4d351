// SPDX-License-Identifier: BSD-2-Clause

//! Tests that the image reader finds exactly what the builder wrote.

use std::path::Path;

use kaal_elfloader_builder::{Compression, File, Format, ImageReader, image_reader};
use kaal_payload::{Encoding, LOADER_NOTE_TYPE, MAX_SIZE, Package, Payload};
use zerocopy::IntoBytes;

use crate::common::folder::Folder;
use crate::common::formats::{EFI, ELF, FIT, IMAGE, RAW, UIMAGE};
use crate::common::loaded::{Loaded, crc32c};
use crate::common::programs::{self, HYPERVISOR_BASE, ORDINARY_BASE};

/// Options for each format.
const FORMATS: [(Format, &[(&str, &str)]); 6] = [
    (Format::Elf, &ELF),
    (Format::Raw, &RAW),
    (Format::Image, &IMAGE),
    (Format::Uimage, &UIMAGE),
    (Format::Efi, &EFI),
    (Format::Fit, &FIT),
];

/// All formats with all ways to verify, compressed and not.
fn variants() -> impl Iterator<Item = (Format, Compression, Vec<(&'static str, &'static str)>)> {
    FORMATS.into_iter().flat_map(|(format, options)| {
        let plain = [("none", Compression::None), ("lz4", Compression::Lz4)];
        let compressions = plain
            .into_iter()
            .filter(move |(_, compression)| {
                format != Format::Elf || *compression == Compression::None
            })
            .collect::<Vec<_>>();
        compressions
            .into_iter()
            .flat_map(move |(name, compression)| {
                ["none", "crc32c", "sha256"].map(|verify| {
                    let more = [("--compress", name), ("--verify", verify)];
                    (format, compression, [options, &more].concat())
                })
            })
    })
}

fn open(content: &[u8]) -> ImageReader<'_> {
    let path = Path::new("image.elf");
    ImageReader::open(File { path, content }).expect("an image")
}

#[test]
fn what_is_written_is_read() {
    for base in [ORDINARY_BASE, HYPERVISOR_BASE] {
        let folder = Folder::new();
        folder.put(
            "kernel.elf",
            programs::kernel_of_five_segments(base).to_bytes(),
        );
        for (format, compression, options) in variants() {
            let verify = options.last().copied().expect("a way to verify");
            folder.accepted(&[verify]);
            let loaded = Loaded::new(&folder.get("image.elf"));

            folder.accepted(&options);
            let file = image_reader::read(&folder.path().join("image.elf")).expect("an image");
            assert!(file == folder.get("image.elf"));
            let image = open(&file);
            image.verify().expect("an undamaged image");

            assert_eq!(image.format(), format);
            assert_eq!(image.compression(), compression);
            assert_eq!(image.entry().0, loaded.entry);
            assert_eq!(image.payload(), loaded.payload());
            let size: u64 = image
                .extents()
                .iter()
                .map(|extent| extent.memory.size())
                .sum();
            assert_eq!(size, loaded.size());
            for extent in image.extents() {
                let bytes = image.bytes(extent.memory).expect("memory of the image");
                assert!(bytes == loaded.read_range(extent.memory));
                if !extent.is_compressed {
                    assert!(*extent.content == file[extent.in_file.clone()]);
                }
            }
        }
    }
}

/// So that it can be signed where it lies.
#[test]
fn the_payload_header_is_stored_as_it_is() {
    let folder = Folder::new();
    for (_, _, options) in variants() {
        folder.accepted(&options);
        let file = folder.get("image.elf");
        let image = open(&file);
        let mut header = vec![0u64; MAX_SIZE / 8];
        let place = image.payload_header_in_file();
        header.as_mut_bytes()[..place.len()].copy_from_slice(&file[place]);
        let payload = Payload::parse(header.as_bytes(), crc32c).expect("a payload header");
        assert_eq!(payload, image.payload());
    }
}

#[test]
fn another_payload_header_makes_another_image() {
    let folder = Folder::new();
    for (_, _, options) in variants() {
        folder.accepted(&options);
        let file = folder.get("image.elf");
        let image = open(&file);
        let signed = Payload {
            signature: [7; 64],
            key_id: 5,
            image_version: 12,
            ..image.payload()
        };
        let mut header = vec![0; signed.size()];
        signed.encode(&mut header, crc32c).expect("room");
        let patched = image.with_payload_header(&header).expect("another image");
        let image = open(&patched);
        image.verify().expect("an undamaged image");
        assert_eq!(image.payload(), signed);
        header.push(0);
        assert!(image.with_payload_header(&header).is_err());
    }
}

#[test]
fn parts_of_the_file() {
    let folder = Folder::new();
    for (format, compression, options) in variants() {
        folder.accepted(&options);
        let file = folder.get("image.elf");
        let image = open(&file);
        let is_lz4 = |package: Package<'_>| {
            let mut chunks = package.chunks.iter();
            chunks.any(|chunk| chunk.stored().encoding == Encoding::Lz4)
        };
        assert_eq!(image.package().is_some(), format != Format::Elf);
        assert_eq!(
            image.package().is_some_and(is_lz4),
            compression == Compression::Lz4
        );
        if let Some((start, header)) = image.package_in_file() {
            let expected = match format {
                Format::Uimage => 64,
                // The headers and a page for the stub.
                Format::Efi => 0x1200,
                // Behind the device tree, where the magic number of an Image is.
                Format::Fit => {
                    let mut words = file.windows(4);
                    words.position(|word| word == b"ARM\x64").expect("an Image") - 56
                }
                _ => 0,
            };
            assert_eq!(start, expected);
            assert_eq!(file[header..][..8], kaal_payload::PACKAGE_MAGIC);
        }
        assert_eq!(image.loader().start, image.payload().load_address);
        // The tiny loader's note isn't loaded.
        assert!(image.loader_notes(LOADER_NOTE_TYPE).is_empty());
    }
}
