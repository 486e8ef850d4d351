// SPDX-License-Identifier: BSD-2-Clause

//! Big-endian numbers.

use zerocopy::FromBytes;

/// Size in bytes of a cell.
pub(crate) const CELL: usize = size_of::<u32>();

/// The cell at `offset`, or 0 behind the end.
#[inline(never)]
pub(crate) fn cell(bytes: &[u8], offset: usize) -> u32 {
    match bytes.get(offset..).and_then(<[u8]>::first_chunk::<CELL>) {
        None => 0,
        Some(bytes) => match u32::ref_from_bytes(bytes) {
            // One access, so that a fault report has the right address.
            Ok(cell) => u32::from_be(*cell),
            Err(_) => u32::from_be_bytes(*bytes),
        },
    }
}

/// A sequence of cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells<'a> {
    pub(crate) bytes: &'a [u8],
    /// Offset of the next cell.
    pub(crate) offset: usize,
}

impl Cells<'_> {
    /// Takes the next `count` cells, and returns their number if it fits 64 bits.
    #[inline(never)]
    pub(crate) fn take(&mut self, count: usize) -> Option<u64> {
        let mut number = 0u64;
        for _ in 0..count {
            let end = self.offset + CELL;
            if end > self.bytes.len() || number >> u32::BITS != 0 {
                return None;
            }
            number = number << u32::BITS | u64::from(cell(self.bytes, self.offset));
            self.offset = end;
        }
        Some(number)
    }
}
