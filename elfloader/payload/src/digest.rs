// SPDX-License-Identifier: BSD-2-Clause

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What tells bytes from others: a CRC-32C or, with [`crate::Integrity::Sha256`], a SHA-256.
#[derive(Clone, Copy, Debug, Default, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Digest([u64; 4]);

/// Compares four numbers instead of 32 bytes, which is what the compiler would do where code is to be
/// small.
impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(0, |differing, (one, other)| differing | one ^ other) == 0
    }
}

impl Digest {
    /// The digest that is a CRC-32C: it begins with that, and is zero from there on.
    pub const fn from_crc32c(crc: u32) -> Self {
        Self([crc as u64, 0, 0, 0])
    }

    /// The digest that is a SHA-256.
    pub fn from_sha256(hash: [u8; 32]) -> Self {
        Self(zerocopy::transmute!(hash))
    }

    /// The CRC-32C, where the digest is one; else its first four bytes.
    pub const fn crc32c(&self) -> u32 {
        self.0[0] as u32
    }

    /// The bytes of the SHA-256, where the digest is one.
    pub fn sha256(&self) -> &[u8; 32] {
        zerocopy::transmute_ref!(&self.0)
    }
}
