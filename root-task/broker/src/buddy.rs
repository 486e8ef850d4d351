// SPDX-License-Identifier: BSD-2-Clause

//! A buddy allocator: blocks of 2ⁿ bytes are split into halves and merged again.

use alloc::collections::BTreeSet;

/// A block of addresses, aligned to its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    /// Size in bytes, as a power of two.
    pub bits: u8,
    /// First address.
    pub start: u64,
}

impl Block {
    /// Returns the size in bytes.
    pub const fn size(self) -> u64 {
        1 << self.bits
    }

    /// Returns the block of 2^`bits` bytes that contains `address`.
    pub(crate) const fn around(address: u64, bits: u8) -> Self {
        let start = address >> bits << bits;
        Self { bits, start }
    }

    /// Returns the two halves, the lower one first.
    pub(crate) const fn halves(self) -> [Self; 2] {
        let low = Self {
            bits: self.bits - 1,
            start: self.start,
        };
        [low, low.other_half()]
    }

    /// Returns the block of which this one is a half.
    pub(crate) const fn whole(self) -> Self {
        Self::around(self.start, self.bits + 1)
    }

    /// Returns the other half of [`Self::whole`].
    pub(crate) const fn other_half(self) -> Self {
        Self {
            bits: self.bits,
            start: self.start ^ (1 << self.bits),
        }
    }
}

/// A set of free blocks. Operations take O(log n) steps, unless noted otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Buddies {
    /// Ordered by size, then address, so the first that is large enough is the best fit.
    free: BTreeSet<Block>,
    /// The blocks as they were added; they have no other half.
    roots: BTreeSet<Block>,
}

impl Buddies {
    /// Adds a block that isn't part of another.
    pub(crate) fn add(&mut self, root: Block) {
        self.roots.insert(root);
        self.give(root);
    }

    /// Returns the bytes in free blocks, in O(n) steps.
    pub(crate) fn free_bytes(&self) -> u64 {
        self.free.iter().map(|block| block.size()).sum()
    }

    /// Whether `block` is an added block, or a part of one.
    pub(crate) fn covers(&self, block: Block) -> bool {
        (block.bits..64).any(|bits| self.roots.contains(&Block::around(block.start, bits)))
    }

    /// Returns the smallest free block of at least 2^`bits` bytes.
    pub(crate) fn smallest(&self, bits: u8) -> Option<Block> {
        self.free.range(Block { bits, start: 0 }..).next().copied()
    }

    /// Returns the free block of at least 2^`bits` bytes that contains `address`.
    pub(crate) fn around(&self, address: u64, bits: u8) -> Option<Block> {
        (bits..64)
            .map(|bits| Block::around(address, bits))
            .find(|block| self.free.contains(block))
    }

    /// Removes a free block.
    pub(crate) fn take(&mut self, block: Block) {
        self.free.remove(&block);
    }

    /// Adds a free block: one that was taken, split or merged.
    pub(crate) fn give(&mut self, block: Block) {
        self.free.insert(block);
    }

    /// Returns the block that `block` forms with its other half, if both are free.
    pub(crate) fn mergeable(&self, block: Block) -> Option<Block> {
        let is_half = !self.roots.contains(&block);
        let both_free = self.free.contains(&block) && self.free.contains(&block.other_half());
        (is_half && both_free).then(|| block.whole())
    }

    /// Takes a block of 2^`bits` bytes, and splits a larger one if needed.
    pub(crate) fn allocate(&mut self, bits: u8) -> Option<Block> {
        let mut block = self.smallest(bits)?;
        self.take(block);
        while block.bits > bits {
            let [low, high] = block.halves();
            self.give(high);
            block = low;
        }
        Some(block)
    }

    /// Frees a block, and merges it as far as possible.
    pub(crate) fn release(&mut self, block: Block) {
        self.give(block);
        let mut block = block;
        while let Some(whole) = self.mergeable(block) {
            for half in whole.halves() {
                self.take(half);
            }
            self.give(whole);
            block = whole;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Buddies};

    const fn block(bits: u8, start: u64) -> Block {
        Block { bits, start }
    }

    fn buddies(roots: &[Block]) -> Buddies {
        let mut buddies = Buddies::default();
        roots.iter().for_each(|&root| buddies.add(root));
        buddies
    }

    #[test]
    fn takes_the_smallest_that_fits() {
        let mut buddies = buddies(&[block(20, 0x4000_0000), block(12, 0x1000)]);
        assert_eq!(buddies.allocate(12), Some(block(12, 0x1000)));
        assert_eq!(buddies.allocate(12), Some(block(12, 0x4000_0000)));
    }

    #[test]
    fn merges_what_was_split_and_nothing_else() {
        let mut buddies = buddies(&[block(14, 0x4000_0000), block(14, 0x4000_4000)]);
        let before = buddies.clone();
        let [a, b] = [buddies.allocate(12).unwrap(), buddies.allocate(13).unwrap()];
        assert_eq!(buddies.free_bytes(), 0x8000 - 0x3000);
        buddies.release(a);
        buddies.release(b);
        assert_eq!(buddies, before);
    }

    #[test]
    fn full_means_none() {
        let mut buddies = buddies(&[block(12, 0x4000_0000)]);
        assert_eq!(buddies.allocate(13), None);
        assert!(buddies.allocate(12).is_some());
        assert_eq!(buddies.allocate(4), None);
    }
}
