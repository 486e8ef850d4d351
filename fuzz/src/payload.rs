// SPDX-License-Identifier: BSD-2-Clause

//! Hostile payload and package headers, as a loader or unpacker can find them in a damaged image.
//!
//! Parsing a header, writing the result and parsing that must give the same result.

use std::ops::Range;

use kaal_elfloader_builder::Format;
use kaal_payload::{Package, Payload, PhysAddr, package_header_size};
use zerocopy::IntoBytes;

use crate::common::loaded::{Loaded, crc32c};
use crate::common::package::Packed;
use crate::common::programs;
use crate::inputs::{Content, RAM};
use crate::{Target, input};

/// The checksum's place in both headers. It covers the bytes after it.
pub(crate) const CHECKSUM: Range<usize> = 12..16;

/// Offset of the length in a payload header.
pub(crate) const PAYLOAD_LENGTH: usize = 80;

/// Offset of the length in a package header.
pub(crate) const PACKAGE_LENGTH: usize = 48;

/// Bit of the first byte: the header is a package header.
const IS_PACKAGE: u8 = 1;

/// Bit of the first byte: correct the checksum. Otherwise, most inputs would fail there.
const MEND: u8 = 2;

/// The parsers of payload and package headers.
pub const PAYLOAD: Target = Target {
    name: "payload",
    run: |input| {
        let Some((&selector, header)) = input.split_first() else {
            return false;
        };
        let mut words = vec![0u64; header.len().div_ceil(size_of::<u64>())];
        words.as_mut_bytes()[..header.len()].copy_from_slice(header);
        let bytes = &mut words.as_mut_bytes()[..header.len()];
        let is_package = selector & IS_PACKAGE != 0;
        if selector & MEND != 0 {
            let length = match is_package {
                true => PACKAGE_LENGTH,
                false => PAYLOAD_LENGTH,
            };
            mend(bytes, length);
        }
        match is_package {
            true => run_package(bytes),
            false => run_payload(bytes),
        }
    },
    seeds: || {
        let headers = [(0, payload_header()), (IS_PACKAGE, package_header())];
        headers
            .iter()
            .flat_map(|(kind, header)| [input(*kind, header), input(kind | MEND, header)])
            .collect()
    },
};

fn payload_header() -> Vec<u8> {
    let image = Content::well_formed().build(&[RAM]).expect("an image");
    let loaded = Loaded::new(&image.file);
    let mut header = vec![0; loaded.payload().size()];
    let payload = loaded.payload().encode(&mut header, crc32c);
    payload.expect("as much room");
    header
}

fn package_header() -> Vec<u8> {
    let content = Content {
        unpacker: Some(programs::tiny_unpacker().to_bytes()),
        format: Format::Raw,
        ..Content::well_formed()
    };
    let packed = Packed::new(content.build(&[RAM]).expect("an image").file);
    let package = packed.package();
    let mut header = vec![0; package_header_size(package.chunks.len())];
    package.encode(&mut header, crc32c).expect("as much room");
    header
}

/// Corrects the checksum if the length at `length` fits.
pub(crate) fn mend(bytes: &mut [u8], length: usize) {
    let length = bytes.get(length..).and_then(|rest| rest.first_chunk());
    let length = length.map_or(0, |length| u32::from_le_bytes(*length));
    if let Some(covered) = bytes.get(CHECKSUM.end..length as usize) {
        let checksum = crc32c(covered);
        bytes[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    }
}

fn run_payload(bytes: &[u8]) -> bool {
    Payload::peek_machine(bytes);
    let Ok(payload) = Payload::parse(bytes, crc32c) else {
        return false;
    };
    for pair in payload.regions.windows(2) {
        let [one, other] = [&pair[0], &pair[1]].map(|region| region.memory().expect("a region"));
        assert!(one.end <= other.start);
    }
    let _ = payload.check_places();
    let mut words = vec![0u64; payload.size().div_ceil(size_of::<u64>())];
    payload
        .encode(words.as_mut_bytes(), crc32c)
        .expect("as much room");
    assert_eq!(Payload::parse(words.as_bytes(), crc32c), Ok(payload));
    true
}

fn run_package(bytes: &[u8]) -> bool {
    Package::peek_machine(bytes);
    let Ok(package) = Package::parse(bytes, crc32c) else {
        return false;
    };
    for address in [0, package.scratch.start.0, u64::MAX - package.size] {
        package.unpack_steps(PhysAddr(address)).for_each(drop);
    }
    let size = package_header_size(package.chunks.len());
    let mut words = vec![0u64; size.div_ceil(size_of::<u64>())];
    package
        .encode(words.as_mut_bytes(), crc32c)
        .expect("as much room");
    assert_eq!(Package::parse(words.as_bytes(), crc32c), Ok(package));
    true
}
