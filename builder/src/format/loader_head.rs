// SPDX-License-Identifier: BSD-2-Clause

//! The first bytes of a loader in an image, in place of its ELF header.
//!
//! They belong to the constant part of the loader, whose digest is in the payload header. They
//! contain the entry point and the SHA-256 of the loader's variables, which change while it runs. So a
//! change of any bit of the loader is noticed, and a signature covers all of it.

use sha2::{Digest, Sha256};
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::branch;

/// Size in bytes of [`LoaderHead`].
pub(crate) const SIZE: usize = size_of::<LoaderHead>();

/// The first bytes of a loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct LoaderHead {
    /// A branch to the entry point.
    branch: U32,
    /// SHA-256 of all memory between the loader's constant part and the payload header.
    pub(crate) variables: [u8; 32],
}

impl LoaderHead {
    /// The head of a loader whose entry point is at the offset `entry`. `variables` is its memory
    /// behind the constant part.
    pub(crate) fn new(entry: u64, variables: &[u8]) -> Self {
        Self {
            branch: branch::to(entry).into(),
            variables: Sha256::digest(variables).into(),
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
