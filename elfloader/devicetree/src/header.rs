// SPDX-License-Identifier: BSD-2-Clause

//! The header of a flattened device tree (Devicetree Specification v0.4, section 5.2).

use core::ops::Range;

use crate::cells::{CELL, cell};
use crate::error::{HEADER_SIZE, HeaderError, MAGIC, VERSION};
use crate::tokens::ALIGNMENT;

/// The oldest version that this one is compatible with.
const OLDEST_COMPATIBLE: u32 = 16;

/// Offset of `totalsize` in the header.
const TOTAL_SIZE_OFFSET: usize = 4;

/// A header whose blocks lie within the stated size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    total_size: u32,
    boot_cpu: u32,
    /// Offset of the memory reservation block.
    reservations_start: u32,
    /// Offset and size of the structure block.
    structure: (u32, u32),
    /// Offset and size of the strings block.
    strings: (u32, u32),
}

impl Header {
    /// Size of the header in bytes.
    pub const SIZE: usize = HEADER_SIZE;

    /// Number of fields.
    const WORDS: usize = Self::SIZE / CELL;

    /// Reads the header at the start of `bytes`.
    ///
    /// # Errors
    ///
    /// Fails with a [`HeaderError`] if the header is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        if bytes.len() < Self::SIZE {
            return Err(HeaderError::Truncated { found: bytes.len() });
        }
        let mut words = [0; Self::WORDS];
        for (index, word) in words.iter_mut().enumerate() {
            *word = cell(bytes, index * CELL);
        }
        let [
            magic,
            size,
            structure_start,
            strings_start,
            reservations_start,
            version,
            oldest_compatible,
            boot_cpu,
            strings_size,
            structure_size,
        ] = words;
        if magic != MAGIC {
            return Err(HeaderError::Magic { found: magic });
        }
        if version < VERSION || oldest_compatible > VERSION {
            return Err(HeaderError::Version { found: version });
        }
        let check = |block, start: u32, length: u32| match start.checked_add(length) {
            Some(end) if start as usize >= Self::SIZE && end <= size => Ok(()),
            _ => Err(HeaderError::Block { block, size }),
        };
        check("structure", structure_start, structure_size)?;
        check("strings", strings_start, strings_size)?;
        check("memory reservation", reservations_start, 0)?;
        if !(structure_start as usize).is_multiple_of(ALIGNMENT) {
            return Err(HeaderError::Unaligned);
        }
        Ok(Self {
            total_size: size,
            boot_cpu,
            reservations_start,
            structure: (structure_start, structure_size),
            strings: (strings_start, strings_size),
        })
    }

    /// Size in bytes of the device tree, with padding.
    pub fn total_size(&self) -> usize {
        self.total_size as usize
    }

    /// `reg` of the core that boots.
    pub fn boot_cpu(&self) -> u32 {
        self.boot_cpu
    }

    /// Size in bytes up to the end of the last block, without the padding behind it.
    pub fn used_size(&self) -> usize {
        self.structure().end.max(self.strings().end)
    }

    /// The memory reservation block, up to the structure block, which usually follows: the header doesn't state its end.
    pub(crate) fn reservations(&self) -> Range<usize> {
        self.reservations_start as usize..self.structure.0 as usize
    }

    /// The structure block.
    pub(crate) fn structure(&self) -> Range<usize> {
        range(self.structure)
    }

    /// The strings block.
    pub(crate) fn strings(&self) -> Range<usize> {
        range(self.strings)
    }

    /// Cuts the structure block at the offset `end`.
    pub(crate) fn end_structure(&mut self, end: usize) {
        self.structure.1 = end as u32 - self.structure.0;
    }

    /// Sets the size in the header at the start of `bytes`.
    pub fn set_total_size(bytes: &mut [u8], size: u32) {
        let field = TOTAL_SIZE_OFFSET..TOTAL_SIZE_OFFSET + size_of::<u32>();
        if let Some(field) = bytes.get_mut(field) {
            field.copy_from_slice(&size.to_be_bytes());
        }
    }
}

fn range((start, size): (u32, u32)) -> Range<usize> {
    start as usize..start as usize + size as usize
}

/// The fields of the header of a device tree of `size` bytes with this layout, in order. The memory reservation block
/// follows the header.
pub(crate) fn fields(
    size: usize,
    boot_cpu: u32,
    structure: Range<usize>,
    strings: Range<usize>,
) -> [u32; Header::WORDS] {
    [
        MAGIC,
        size as u32,
        structure.start as u32,
        strings.start as u32,
        Header::SIZE as u32,
        VERSION,
        OLDEST_COMPATIBLE,
        boot_cpu,
        strings.len() as u32,
        structure.len() as u32,
    ]
}
