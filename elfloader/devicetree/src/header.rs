// SPDX-License-Identifier: BSD-2-Clause

//! The header of a flattened device tree (Devicetree Specification v0.4, section 5.2).

use core::ops::Range;

use crate::error::{HEADER_SIZE, HeaderError, MAGIC, VERSION};

/// The oldest version that this one is compatible with.
const OLDEST_COMPATIBLE: u32 = 16;

/// Offset of `totalsize` in the header.
const TOTAL_SIZE_OFFSET: usize = 4;

/// A header whose blocks lie within the stated size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Size in bytes of the device tree, with padding.
    pub total_size: usize,
    /// `reg` of the core that boots.
    pub boot_cpu: u32,
    /// The memory reservation block, up to the next block: the header doesn't state its end.
    pub(crate) reservations: Range<usize>,
    /// The structure block.
    pub(crate) structure: Range<usize>,
    /// The strings block.
    pub(crate) strings: Range<usize>,
}

impl Header {
    /// Size of the header in bytes.
    pub const SIZE: usize = HEADER_SIZE;

    /// Number of fields.
    const WORDS: usize = Self::SIZE / size_of::<u32>();

    /// Reads the header at the start of `bytes`.
    ///
    /// # Errors
    ///
    /// Fails with a [`HeaderError`] if the header is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        let mut words = [0; Self::WORDS];
        let header = bytes
            .get(..Self::SIZE)
            .ok_or(HeaderError::Truncated { found: bytes.len() })?;
        for (word, bytes) in words.iter_mut().zip(header.chunks_exact(size_of::<u32>())) {
            let bytes = bytes.iter();
            *word = bytes.fold(0, |word, &byte| word << u8::BITS | u32::from(byte));
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

        let block = |block, start: u32, length: u32| match start.checked_add(length) {
            Some(end) if start as usize >= Self::SIZE && end <= size => {
                Ok(start as usize..end as usize)
            }
            _ => Err(HeaderError::Block { block, size }),
        };
        let reservations_size = [structure_start, strings_start, size]
            .into_iter()
            .filter(|&start| start > reservations_start)
            .min()
            .unwrap_or(reservations_start)
            - reservations_start;
        Ok(Self {
            total_size: size as usize,
            boot_cpu,
            reservations: block("memory reservation", reservations_start, reservations_size)?,
            structure: block("structure", structure_start, structure_size)?,
            strings: block("strings", strings_start, strings_size)?,
        })
    }

    /// The header's fields, in order.
    pub(crate) fn words(&self) -> [u32; Self::WORDS] {
        [
            MAGIC,
            self.total_size as u32,
            self.structure.start as u32,
            self.strings.start as u32,
            self.reservations.start as u32,
            VERSION,
            OLDEST_COMPATIBLE,
            self.boot_cpu,
            self.strings.len() as u32,
            self.structure.len() as u32,
        ]
    }

    /// Size in bytes up to the end of the last block, without the padding behind it.
    pub fn used_size(&self) -> usize {
        self.structure.end.max(self.strings.end)
    }

    /// Sets the size in the header at the start of `bytes`.
    pub fn set_total_size(bytes: &mut [u8], size: u32) {
        let field = TOTAL_SIZE_OFFSET..TOTAL_SIZE_OFFSET + size_of::<u32>();
        if let Some(field) = bytes.get_mut(field) {
            field.copy_from_slice(&size.to_be_bytes());
        }
    }
}
