// SPDX-License-Identifier: BSD-2-Clause

//! A small address space. Its pages are the bits of a number.

use kaal_payload::{PAGE_SIZE, PhysRange};

use super::super::super::search::LOADER_ALIGNMENT;
use super::super::range;

/// Pages as bits. Bit 0 is the first page of the world.
pub(super) type Pages = u32;

/// A small address space around a boundary of page tables.
pub(super) struct World {
    /// Number of pages.
    pub(super) pages: u64,
    /// Pieces of RAM per page.
    pub(super) pieces: u64,
    /// Pages of the largest kernel.
    pub(super) kernel: u64,
    /// Additional tables of a loader that crosses the boundary, in pages.
    pub(super) tables: u64,
}

impl World {
    /// The address of the world's first byte.
    pub(super) fn start(&self) -> u64 {
        512 * LOADER_ALIGNMENT - self.pages / 2 * PAGE_SIZE
    }

    /// The first page of each place, if it is in this world.
    pub(super) fn first_pages<const N: usize>(&self, places: [PhysRange; N]) -> Option<[u64; N]> {
        let is_in_world = |place: &PhysRange| {
            place.start.0 >= self.start() && place.end.0 <= self.start() + self.pages * PAGE_SIZE
        };
        let are_pages = places.iter().all(|place| {
            place.start.is_page_aligned() && place.end.is_page_aligned() && is_in_world(place)
        });
        are_pages.then(|| places.map(|place| (place.start.0 - self.start()) / PAGE_SIZE))
    }

    /// Converts pieces to ascending ranges that don't touch each other.
    pub(super) fn ranges(&self, pieces: Pages) -> Vec<PhysRange> {
        let size = PAGE_SIZE / self.pieces;
        let mut ranges: Vec<PhysRange> = Vec::new();
        for piece in (0..self.pages * self.pieces).filter(|&piece| pieces & bits(piece, 1) != 0) {
            let start = self.start() + piece * size;
            match ranges.last_mut() {
                Some(last) if last.end.0 == start => last.end.0 += size,
                _ => ranges.push(range(start, start + size)),
            }
        }
        ranges
    }

    /// The pages of which all pieces are in `pieces`.
    pub(super) fn whole_pages(&self, pieces: Pages) -> Pages {
        let is_whole = |page: &u64| {
            let all = bits(page * self.pieces, self.pieces);
            pieces & all == all
        };
        (0..self.pages)
            .filter(is_whole)
            .fold(0, |pages, page| pages | bits(page, 1))
    }
}

/// The bits of `size` pages from `first` on. Pages behind the world are no RAM.
pub(super) fn bits(first: u64, size: u64) -> Pages {
    ((1 << size) - 1) << first
}
