// SPDX-License-Identifier: BSD-2-Clause

//! The first bytes of a loader in an image, in place of its ELF header.
//!
//! They belong to the constant part of the loader, whose digest is in the payload header. They
//! contain the entry point and a checksum of the loader's data. So a change of any bit of the
//! loader is noticed.

use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::branch;
use super::digest::crc32c;

/// Size in bytes of [`LoaderHead`].
pub(crate) const SIZE: usize = size_of::<LoaderHead>();

/// The first bytes of a loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct LoaderHead {
    /// A branch to the entry point.
    branch: U32,
    /// CRC-32C of all memory between the loader's constant part and the payload header.
    pub(crate) rest_checksum: U32,
}

impl LoaderHead {
    /// The head of a loader whose entry point is at the offset `entry`. `rest` is its memory behind
    /// the constant part.
    pub(crate) fn new(entry: u64, rest: &[u8]) -> Self {
        Self {
            branch: branch::to(entry).into(),
            rest_checksum: crc32c(rest).into(),
        }
    }

    /// Reads the head at the start of `memory`.
    pub(crate) fn read(memory: &[u8]) -> Option<Self> {
        let (head, _) = Self::read_from_prefix(memory).ok()?;
        Some(head)
    }

    /// Offset in bytes of the entry point from the loader's first byte.
    pub(crate) fn entry(&self) -> Option<u64> {
        branch::target(self.branch.get())
    }
}
