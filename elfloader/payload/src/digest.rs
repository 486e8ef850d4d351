// SPDX-License-Identifier: BSD-2-Clause

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What tells bytes from others: a CRC-32C or, with [`crate::Integrity::Sha256`], a SHA-256.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Size in bytes of the CRC-32C, which the digest begins with, little-endian.
    const CRC32C_SIZE: usize = size_of::<u32>();

    /// The digest that is a CRC-32C.
    pub const fn from_crc32c(crc: u32) -> Self {
        let mut bytes = [0; 32];
        let (start, _): (&mut [u8], _) = bytes.split_at_mut(Self::CRC32C_SIZE);
        start.copy_from_slice(&crc.to_le_bytes());
        Self(bytes)
    }

    /// The digest that is a SHA-256.
    pub const fn from_sha256(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The CRC-32C, where the digest is one.
    pub fn crc32c(&self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_le_bytes([a, b, c, d])
    }

    /// The bytes of the SHA-256, where the digest is one.
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.0
    }
}
