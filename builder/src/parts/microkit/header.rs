// SPDX-License-Identifier: BSD-2-Clause

//! The data for Microkit's loader: a header, a table of regions, and their content (Microkit 2.3.0,
//! `tool/microkit/src/loader.rs` and `loader/src/loader.h`). The header of Microkit 2.1 to 2.3 has eight words, that of
//! 2.0 has eleven.

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};
use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::elf::slice;

/// The first word.
pub(super) const MAGIC: [u8; 8] = 0x5e14_dead_14de_5ead_u64.to_le_bytes();

/// `REGION_TYPE_DATA`: Microkit's tool writes no other.
const DATA: u64 = 1;

/// Words of a header up to the number of regions, in Microkit 2.0.
const OLD_WORDS: usize = 11;

#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Header {
    magic: U64,
    /// Bytes from the first word to the file's end.
    size: U64,
    kernel_entry: U64,
    ui_p_reg_start: U64,
    ui_p_reg_end: U64,
    pv_offset: U64,
    v_entry: U64,
    num_regions: U64,
}

#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Entry {
    load_addr: U64,
    size: U64,
    /// From the first region's content on.
    offset: U64,
    kind: U64,
}

/// Memory that Microkit's loader fills.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region<'a> {
    pub(super) start: PhysAddr,
    /// Not empty; its end doesn't exceed 64 bits.
    pub(super) content: &'a [u8],
}

impl Region<'_> {
    pub(super) fn memory(&self) -> PhysRange {
        PhysRange::new(self.start, self.content.len() as u64)
    }
}

/// What Microkit's loader gets.
#[derive(Debug)]
pub(super) struct Data<'a> {
    pub(super) kernel_entry: u64,
    pub(super) user_image: PhysRange,
    /// Physical minus virtual address of the root task, modulo 2^64.
    pub(super) pv_offset: u64,
    pub(super) user_entry: u64,
    pub(super) regions: Vec<Region<'a>>,
}

/// Why bytes that begin with the magic number are no such data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// They hold no addresses as a header does.
    NoHeader,
    /// They are not as many as their header says.
    Size { expected: u64, found: u64 },
    /// The header is that of Microkit 2.0.
    OldVersion,
    /// The number or the sizes of the regions don't fit the whole.
    Count { count: u64 },
    /// A region isn't data, or lies outside of the file or the address space.
    Region { index: usize },
}

impl<'a> Data<'a> {
    /// Reads the data in `bytes`.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Problem> {
        let found = bytes.len() as u64;
        let Ok((header, rest)) = Header::ref_from_prefix(bytes) else {
            return Err(Problem::NoHeader);
        };
        let expected = header.size.get();
        if expected != found {
            let is_header = header.ui_p_reg_start < header.ui_p_reg_end
                && header.ui_p_reg_start.get().is_multiple_of(PAGE_SIZE);
            return Err(match is_header {
                true => Problem::Size { expected, found },
                false => Problem::NoHeader,
            });
        }
        let count = header.num_regions.get();
        let Some((entries, content)) = table(rest, count) else {
            return Err(match is_old(bytes) {
                true => Problem::OldVersion,
                false => Problem::Count { count },
            });
        };
        let regions = entries.iter().enumerate().map(|(index, entry)| {
            let region = entry.region(content);
            region.ok_or(Problem::Region { index })
        });
        let regions = regions.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            kernel_entry: header.kernel_entry.get(),
            user_image: PhysRange {
                start: PhysAddr(header.ui_p_reg_start.get()),
                end: PhysAddr(header.ui_p_reg_end.get()),
            },
            pv_offset: header.pv_offset.get(),
            user_entry: header.v_entry.get(),
            regions: Vec::from_iter(
                regions
                    .into_iter()
                    .filter(|region| !region.content.is_empty()),
            ),
        })
    }
}

/// The table of `count` regions at the start of `bytes`, and their content: the rest, which they take as a whole.
fn table(bytes: &[u8], count: u64) -> Option<(&[Entry], &[u8])> {
    let count = usize::try_from(count).ok()?;
    let (entries, content) = <[Entry]>::ref_from_prefix_with_elems(bytes, count).ok()?;
    let mut sizes = entries.iter().map(|entry| entry.size.get());
    let size = sizes.try_fold(0u64, u64::checked_add)?;
    (size == content.len() as u64).then_some((entries, content))
}

/// Whether `bytes` fit the header of Microkit 2.0.
fn is_old(bytes: &[u8]) -> bool {
    let Ok((words, rest)) = <[U64; OLD_WORDS]>::ref_from_prefix(bytes) else {
        return false;
    };
    table(rest, words[OLD_WORDS - 1].get()).is_some()
}

impl Entry {
    fn region<'a>(&self, content: &'a [u8]) -> Option<Region<'a>> {
        let content = slice(content, self.offset.get(), self.size.get())?;
        let start = PhysAddr(self.load_addr.get());
        PhysRange::from_size(start, self.size.get())?;
        (self.kind.get() == DATA).then_some(Region { start, content })
    }
}
