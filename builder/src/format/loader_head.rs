// SPDX-License-Identifier: BSD-2-Clause

//! The first bytes of a loader in an image, in the place of its ELF header. They make the part of it
//! that the payload header has the digest of tell of the rest, so that no bit of the loader can change
//! without being noticed: where it is entered, and what its data are before it runs.

use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::branch;
use super::digest::crc32c;
use crate::parts::firmware::Part;

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

/// Writes the first bytes of the loader `parts`, which is entered at the offset `entry` and takes `size`
/// bytes of memory.
pub(crate) fn write(parts: &mut [Part], entry: u64, size: u64) {
    let constant_size = constant_part(parts).len() as u64;
    let mut rest = Vec::new();
    for part in parts.iter().filter(|part| part.offset >= constant_size) {
        rest.resize((part.offset - constant_size) as usize, 0);
        rest.extend_from_slice(&part.content);
    }
    rest.resize(size.saturating_sub(constant_size) as usize, 0);
    let head = LoaderHead::new(entry, &rest);
    let content = parts.iter_mut().flat_map(|part| &mut part.content);
    for (place, &byte) in content.zip(head.as_bytes()) {
        *place = byte;
    }
}

/// The memory of the part that never changes: all that lies before the first writable part.
pub(crate) fn constant_part(parts: &[Part]) -> Vec<u8> {
    let mut memory = Vec::new();
    for part in parts.iter().take_while(|part| !part.access.is_writable()) {
        memory.resize(part.offset as usize, 0);
        memory.extend_from_slice(&part.content);
    }
    memory
}
