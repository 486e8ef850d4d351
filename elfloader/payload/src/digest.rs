// SPDX-License-Identifier: BSD-2-Clause

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A digest of bytes: a CRC-32C or, with [`crate::Integrity::Sha256`], a SHA-256.
#[derive(Clone, Copy, Debug, Default, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Digest([u64; 4]);

/// Compares four numbers. The derived code would compare 32 bytes when optimized for size.
impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(0, |differing, (one, other)| differing | one ^ other) == 0
    }
}

impl Digest {
    /// The digest for a CRC-32C: it begins with the CRC, the rest is zero.
    pub const fn from_crc32c(crc: u32) -> Self {
        Self([crc as u64, 0, 0, 0])
    }

    /// The digest for a SHA-256.
    pub fn from_sha256(hash: [u8; 32]) -> Self {
        Self(zerocopy::transmute!(hash))
    }

    /// The CRC-32C, or the first four bytes of a SHA-256.
    pub const fn crc32c(&self) -> u32 {
        self.0[0] as u32
    }

    /// The bytes of a SHA-256.
    pub fn sha256(&self) -> &[u8; 32] {
        zerocopy::transmute_ref!(&self.0)
    }
}
