// SPDX-License-Identifier: BSD-2-Clause

//! The memory that an image makes.

use std::borrow::Cow;
use std::ops::Range;

use kaal_payload::{PhysAddr, PhysRange};
use zerocopy::IntoBytes;

use crate::elf::{note, slice};
use crate::memory::ranges;

/// Limit in bytes for zeroes in memory that the reader puts together.
const MOST_ZEROES: u64 = 64 << 20;

/// Copies `bytes` to aligned memory, so that headers can be read in place. Pads the last word with
/// zeroes.
pub(super) fn aligned(bytes: &[u8]) -> Vec<u64> {
    let mut words = vec![0; bytes.len().div_ceil(size_of::<u64>())];
    words.as_mut_bytes()[..bytes.len()].copy_from_slice(bytes);
    words
}

/// A range of memory that begins with `content`. The rest is zero.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extent<'a> {
    /// Its addresses.
    pub memory: PhysRange,
    /// The decompressed content, at most as large as [`Self::memory`].
    pub content: Cow<'a, [u8]>,
    /// The stored bytes of the content in the image's file.
    pub in_file: Range<usize>,
    /// Whether the stored bytes are an LZ4 block.
    pub is_compressed: bool,
}

impl Extent<'_> {
    /// The memory of [`Self::content`].
    pub fn filled(&self) -> PhysRange {
        PhysRange::new(self.memory.start, self.content.len() as u64)
    }
}

/// All memory that an image makes.
#[derive(Clone, Debug)]
pub(super) struct Memory<'a> {
    /// Ascending, disjoint.
    pub(super) extents: Vec<Extent<'a>>,
}

impl<'a> Memory<'a> {
    /// Size in bytes of all content.
    pub(super) fn content_size(&self) -> u64 {
        let sizes = self.extents.iter().map(|extent| extent.content.len());
        sizes.sum::<usize>() as u64
    }

    /// The addresses that the image defines.
    pub(super) fn defined(&self) -> Vec<PhysRange> {
        ranges::union(self.extents.iter().map(|extent| extent.memory).collect())
    }

    /// The extents that end behind `address`.
    fn extents_from(&self, address: PhysAddr) -> &[Extent<'a>] {
        let is_before = |extent: &Extent<'_>| extent.memory.end <= address;
        &self.extents[self.extents.partition_point(is_before)..]
    }

    /// The content of `range`; `None` if the image doesn't define all of it, or if it has too many
    /// zeroes.
    pub(super) fn bytes(&self, range: PhysRange) -> Option<Cow<'_, [u8]>> {
        if range.is_empty() {
            return Some(Cow::Borrowed(&[]));
        }
        if range.size() > self.content_size() + MOST_ZEROES {
            return None;
        }
        let first = self.extents_from(range.start).first()?;
        let offset = range.start.0.checked_sub(first.memory.start.0)?;
        if let Some(bytes) = slice(&first.content, offset, range.size()) {
            return Some(Cow::Borrowed(bytes));
        }
        ranges::contains(&self.defined(), range).then(|| {
            let mut bytes = vec![0; range.size() as usize];
            for (place, content) in self.filled(range) {
                let start = (place.start.0 - range.start.0) as usize;
                bytes[start..][..content.len()].copy_from_slice(content);
            }
            Cow::Owned(bytes)
        })
    }

    /// The address of the first byte in `range` that isn't zero.
    pub(super) fn first_nonzero(&self, range: PhysRange) -> Option<PhysAddr> {
        self.filled(range).find_map(|(place, content)| {
            let index = content.iter().position(|&byte| byte != 0)?;
            Some(PhysAddr(place.start.0 + index as u64))
        })
    }

    /// The pieces of content within `range`, and their addresses.
    fn filled(&self, range: PhysRange) -> impl Iterator<Item = (PhysRange, &[u8])> {
        self.extents_from(range.start)
            .iter()
            .take_while(move |extent| extent.memory.start < range.end)
            .filter_map(move |extent| {
                let place = ranges::clip(extent.filled(), range.start, range.end);
                if place.is_empty() {
                    return None;
                }
                let offset = place.start.0 - extent.memory.start.0;
                Some((place, slice(&extent.content, offset, place.size())?))
            })
    }

    /// The content of KaaL's ELF notes of the type `kind` in `range`.
    pub(super) fn notes(&self, range: PhysRange, kind: u32) -> Vec<Vec<u8>> {
        self.filled(range)
            .flat_map(|(_, content)| note::find(content, kind))
            .map(|(_, note)| note.to_vec())
            .collect()
    }
}
