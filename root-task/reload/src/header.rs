// SPDX-License-Identifier: BSD-2-Clause

//! The header of a frame.

use zerocopy::byteorder::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::CRC_32C;

/// The longest name of a component in bytes.
pub const NAME_LIMIT: usize = 64;

pub(crate) const MAGIC: [u8; 8] = *b"KaaLload";

/// Size of a header in bytes.
pub(crate) const SIZE: usize = size_of::<Header>();

/// The header of a frame.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Header {
    magic: [u8; 8],
    /// The component's name, then zeroes.
    name: [u8; NAME_LIMIT],
    length: U32,
    checksum: U32,
    /// CRC-32C of the fields before.
    header_checksum: U32,
}

impl Header {
    /// The header of a frame with a `program` for the component `name`. `None` if either is too long.
    pub fn new(name: &str, program: &[u8]) -> Option<Self> {
        let mut padded = [0; NAME_LIMIT];
        padded
            .get_mut(..name.len())?
            .copy_from_slice(name.as_bytes());
        let mut header = Self {
            magic: MAGIC,
            name: padded,
            length: u32::try_from(program.len()).ok()?.into(),
            checksum: CRC_32C.checksum(program).into(),
            header_checksum: U32::ZERO,
        };
        header.header_checksum = header.own_checksum().into();
        Some(header)
    }

    /// Reads a header; `None` if it is damaged.
    pub(crate) fn read(bytes: &[u8; SIZE]) -> Option<Self> {
        let header = Self::read_from_bytes(bytes).ok()?;
        let is_intact = header.header_checksum.get() == header.own_checksum();
        (header.magic == MAGIC && is_intact).then_some(header)
    }

    /// The bytes on the line.
    pub fn to_bytes(&self) -> &[u8] {
        self.as_bytes()
    }

    /// The component's name, up to the first byte that isn't UTF-8.
    pub fn name(&self) -> &str {
        let end = self.name.iter().position(|&byte| byte == 0);
        let name = self.name.get(..end.unwrap_or(NAME_LIMIT));
        let mut chunks = name.unwrap_or_default().utf8_chunks();
        chunks.next().map_or("", |chunk| chunk.valid())
    }

    /// The size of the program in bytes.
    pub fn length(&self) -> u32 {
        self.length.get()
    }

    /// CRC-32C of the program.
    pub(crate) fn checksum(&self) -> u32 {
        self.checksum.get()
    }

    fn own_checksum(&self) -> u32 {
        let fields = self.as_bytes().split_last_chunk::<4>();
        CRC_32C.checksum(fields.map_or(&[], |(fields, _)| fields))
    }
}
