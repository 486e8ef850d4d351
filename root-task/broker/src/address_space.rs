// SPDX-License-Identifier: BSD-2-Clause

//! The address space of a component.
//!
//! ```text
//!           0  never mapped
//!    0x200000  image, at the addresses that it is linked for
//! 0x100000000  ranges for stack, IPC buffer, memory, devices and channels, each
//!              between two unmapped pages
//! ```

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::buddy::{Block, Buddies};
use crate::error::{Denial, Resource};
use crate::kernel::PAGE_SIZE;

/// The addresses that are allocated. Images end below.
pub(crate) const RANGES: Block = Block {
    bits: 30,
    start: 1 << 32,
};

/// The allocated addresses and the page tables of an address space.
pub(crate) struct AddressSpace {
    ranges: Buddies,
    /// The mapped page tables.
    pub(crate) tables: BTreeSet<Block>,
}

/// An allocated range of addresses, including its unmapped pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range(Block);

impl Range {
    /// Returns the first address that may be mapped.
    pub(crate) fn address(self) -> u64 {
        self.0.start + PAGE_SIZE
    }
}

impl Default for AddressSpace {
    fn default() -> Self {
        let mut ranges = Buddies::default();
        ranges.add(RANGES);
        let tables = BTreeSet::new();
        Self { ranges, tables }
    }
}

impl AddressSpace {
    /// Allocates addresses for `size` bytes, which is a multiple of the page size.
    pub(crate) fn take(&mut self, size: u64) -> Result<Range, Denial> {
        let with_guards = size.checked_add(2 * PAGE_SIZE);
        let block_size = with_guards.and_then(u64::checked_next_power_of_two);
        let block = block_size.and_then(|size| self.ranges.allocate(size.ilog2() as u8));
        let used_up = || Denial::used_up(Resource::Addresses, size, self.ranges.free_bytes());
        block.map(Range).ok_or_else(used_up)
    }

    /// Frees addresses that aren't mapped any more.
    pub(crate) fn give(&mut self, range: Range) {
        self.ranges.release(range.0);
    }

    /// Returns the page tables that are missing for a page at `address`, highest level first.
    pub(crate) fn missing_tables(
        &self,
        spans: impl Iterator<Item = u8>,
        address: u64,
    ) -> Vec<Block> {
        spans
            .map(|span| Block::around(address, span))
            .filter(|table| !self.tables.contains(table))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::AddressSpace;
    use crate::kernel::PAGE_SIZE;

    #[test]
    fn ranges_have_guard_pages() {
        let mut space = AddressSpace::default();
        let mut ranges: Vec<(u64, u64)> = [1, 3, 2, 7, 1]
            .into_iter()
            .map(|pages| pages * PAGE_SIZE)
            .map(|size| (space.take(size).unwrap().address(), size))
            .collect();
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            assert!(pair[0].0 + pair[0].1 + PAGE_SIZE <= pair[1].0);
        }
    }

    #[test]
    fn too_much_is_refused() {
        let mut space = AddressSpace::default();
        assert!(space.take(1 << 30).is_err());
        assert!(space.take(!0xfff).is_err());
        let range = space.take((1 << 30) - 2 * PAGE_SIZE).unwrap();
        assert!(space.take(PAGE_SIZE).is_err());
        space.give(range);
        assert!(space.take(PAGE_SIZE).is_ok());
    }
}
