// SPDX-License-Identifier: BSD-2-Clause

//! A buddy allocator: blocks of 2ⁿ bytes are split into halves and merged again.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

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
        let low = Self::around(self.start, self.bits - 1);
        [low, low.other_half()]
    }

    /// Returns the block that forms a larger block with this one.
    const fn other_half(self) -> Self {
        Self::around(self.start ^ self.size(), self.bits)
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
        self.free.insert(root);
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

    /// Takes a block of 2^`bits` bytes, and splits a larger one if needed.
    pub(crate) fn allocate(&mut self, bits: u8) -> Option<Block> {
        let block = self.smallest(bits)?;
        Some(self.split(block, block.start, bits).0)
    }

    /// Takes the piece of 2^`bits` bytes at `address` from a free block. Returns the piece, and the
    /// blocks that were halved for it, the largest first.
    pub(crate) fn split(&mut self, block: Block, address: u64, bits: u8) -> (Block, Vec<Block>) {
        self.free.remove(&block);
        let mut piece = block;
        let mut halved = Vec::new();
        while piece.bits > bits {
            halved.push(piece);
            piece = Block::around(address, piece.bits - 1);
            self.free.insert(piece.other_half());
        }
        (piece, halved)
    }

    /// Frees a block, and merges it as far as possible. Returns the merged halves, the smallest
    /// first.
    pub(crate) fn release(&mut self, block: Block) -> Vec<Block> {
        let mut block = block;
        let mut merged = Vec::new();
        while !self.roots.contains(&block) && self.free.remove(&block.other_half()) {
            merged.extend([block, block.other_half()]);
            block = Block::around(block.start, block.bits + 1);
        }
        self.free.insert(block);
        merged
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
