// SPDX-License-Identifier: BSD-2-Clause

//! Unpacks a package into memory, as the unpacker does.

use kaal_payload::{
    Encoding, PACKAGE_END, PACKAGE_HEADER_MAX_SIZE, PACKAGE_MAGIC, Package, PhysRange,
};
use zerocopy::IntoBytes;

use super::loaded::crc32c;

/// A packed image.
pub(crate) struct Packed {
    bytes: Vec<u8>,
    /// Offset of the package header.
    pub(crate) header_offset: usize,
    header: Vec<u64>,
}

impl Packed {
    /// Reads a package, which must be whole.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        assert!(bytes.ends_with(&PACKAGE_END));
        let header_at = |offset: usize| {
            let rest = &bytes[offset..];
            if !rest.starts_with(&PACKAGE_MAGIC) {
                return None;
            }
            let mut header = vec![0u64; PACKAGE_HEADER_MAX_SIZE / size_of::<u64>()];
            let size = rest.len().min(PACKAGE_HEADER_MAX_SIZE);
            header.as_mut_bytes()[..size].copy_from_slice(&rest[..size]);
            // The unpacker before it may hold what begins as a header does.
            let is_header = Package::parse(header.as_bytes(), crc32c).is_ok();
            is_header.then_some((offset, header))
        };
        let (header_offset, header) = (0..bytes.len())
            .step_by(16)
            .find_map(header_at)
            .expect("a package header");
        Self {
            bytes,
            header_offset,
            header,
        }
    }

    /// The package header.
    pub(crate) fn package(&self) -> Package<'_> {
        let package = Package::parse(self.header.as_bytes(), crc32c).expect("a package header");
        assert_eq!(package.size, self.bytes.len() as u64);
        package
    }

    /// The memory of each chunk, and its content, behind which it is zero.
    pub(crate) fn unpack(&self) -> Vec<(PhysRange, Vec<u8>)> {
        let unpack = |chunk: &kaal_payload::Chunk| {
            let stored = chunk.stored();
            let bytes = &self.bytes[stored.offset as usize..][..stored.size as usize];
            assert_eq!(crc32c(bytes), stored.checksum);
            let size = chunk.size() as usize;
            let content = match stored.encoding {
                Encoding::Identity => bytes.to_vec(),
                Encoding::Lz4 => lz4_flex::block::decompress(bytes, size).expect("a block"),
            };
            assert_eq!(content.len(), size);
            (chunk.memory(), content)
        };
        self.package().chunks.iter().map(unpack).collect()
    }
}
