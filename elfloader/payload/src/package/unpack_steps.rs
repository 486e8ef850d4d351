// SPDX-License-Identifier: BSD-2-Clause

//! In which order a package is unpacked, so that nothing is overwritten that is still needed.
//!
//! The package may lie across the chunks' destinations.
//!
//! * Where chunks are stored as they are, each moves to its destination. Those that move up do so
//!   first, the highest before the others; then those that move down, the lowest first. Since chunks
//!   are stored in the order of their destinations, a chunk that moves up passes only what is stored
//!   above it, which has moved up already, and ends below what will move down; and the other way
//!   round.
//! * Where one is compressed, this doesn't hold: its content takes more room than what is stored of
//!   it. If need be, all that is stored moves to the spare room first, which no destination overlaps.
//!
//! What is zero is cleared last.

use super::{Chunk, Package};
use crate::{Encoding, PhysAddr, PhysRange};

/// Something to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnpackStep<'a> {
    /// Copy the package, which may overlap its copy.
    Move {
        /// The package.
        from: PhysRange,
        /// Where its copy begins.
        to: PhysAddr,
    },
    /// Put a chunk's content to its destination. Where it is stored as it is, both may overlap.
    Fill {
        /// The chunk's index.
        index: usize,
        /// The chunk.
        chunk: &'a Chunk,
        /// Where its stored bytes begin.
        from: PhysAddr,
    },
    /// Set memory to zero.
    Clear(PhysRange),
}

impl<'a> Package<'a> {
    /// The steps that unpack the package, which lies at `address`.
    pub fn unpack_steps(
        &self,
        address: PhysAddr,
    ) -> impl Iterator<Item = UnpackStep<'a>> + use<'a> {
        let chunks = self.chunks;
        let is_compressed = |chunk: &Chunk| chunk.stored().encoding != Encoding::Identity;
        let from = PhysRange::new(address, self.size);
        let is_in_the_way = |chunk: &Chunk| chunk.memory().overlaps(from);
        let moves = chunks.iter().any(is_compressed) && chunks.iter().any(is_in_the_way);
        let to = self.scratch.spare().start;

        let base = if moves { to } else { address };
        let fills = chunks
            .iter()
            .enumerate()
            .map(move |(index, chunk)| UnpackStep::Fill {
                index,
                chunk,
                from: PhysAddr(base.0.wrapping_add(chunk.stored().offset)),
            });
        let upwards = fills.clone().rev().filter(is_upwards);
        let downwards = fills.filter(|step| !is_upwards(step));
        let clears = chunks.iter().map(|chunk| UnpackStep::Clear(chunk.zeroes()));
        moves
            .then_some(UnpackStep::Move { from, to })
            .into_iter()
            .chain(upwards)
            .chain(downwards)
            .chain(clears)
    }
}

fn is_upwards(step: &UnpackStep<'_>) -> bool {
    match step {
        UnpackStep::Fill { chunk, from, .. } => chunk.destination() > *from,
        _ => false,
    }
}
