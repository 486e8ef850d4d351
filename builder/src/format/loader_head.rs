// SPDX-License-Identifier: BSD-2-Clause

//! The first bytes of a loader in an image, in the place of its ELF header. They make the part of it
//! that the payload header has the digest of tell of the rest, so that no bit of the loader can change
//! without being noticed: where it is entered, and what its data are before it runs.

use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::branch;
use super::digest::crc32c;

/// Size in bytes of what is written over a loader's first bytes.
pub(crate) const SIZE: usize = size_of::<LoaderHead>();

/// The first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct LoaderHead {
    /// A branch to the entry point.
    branch: U32,
    /// CRC-32C of all memory between the loader's constant part and the payload header.
    rest_checksum: U32,
}

impl LoaderHead {
    /// What a loader begins with that is entered at the offset `entry`, and whose memory behind its
    /// constant part is `rest`.
    pub(crate) fn new(entry: u64, rest: &[u8]) -> Self {
        Self {
            branch: branch::to(entry).into(),
            rest_checksum: crc32c(rest).into(),
        }
    }

    /// What the loader begins with whose first bytes `memory` holds.
    pub(crate) fn read(memory: &[u8]) -> Option<Self> {
        let (head, _) = Self::read_from_prefix(memory).ok()?;
        Some(head)
    }

    /// Offset in bytes of the entry point from the loader's first byte.
    pub(crate) fn entry(&self) -> Option<u64> {
        branch::target(self.branch.get())
    }

    /// The checksum of what follows the constant part.
    pub(crate) fn rest_checksum(&self) -> u32 {
        self.rest_checksum.get()
    }
}
