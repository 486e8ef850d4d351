// SPDX-License-Identifier: BSD-2-Clause

//! The order in which the unpacker writes memory, so that it overwrites nothing that it still needs.
//!
//! The package may overlap the chunks' destinations.
//!
//! * Uncompressed chunks move. Those that move up go first, the highest one before the others; then those that move
//!   down, the lowest one first. Chunks are stored in the order of their destinations. So a chunk that moves up
//!   overwrites only chunks stored above it, which have moved up already, and it ends below those that will move
//!   down. The same holds for chunks that move down, the other way round.
//! * A compressed chunk takes more room than its stored bytes, so no such order exists. If the package is in the way,
//!   all of it first moves to the spare room, which no destination overlaps.
//!
//! Zeroes come last.

use super::{Chunk, Package};
use crate::{Encoding, PhysAddr, PhysRange};

/// A step of the unpacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnpackStep<'a> {
    /// Move the package. Source and destination may overlap.
    Move {
        /// The package.
        from: PhysRange,
        /// Destination.
        to: PhysAddr,
    },
    /// Fill a chunk's destination. If the chunk is not compressed, source and destination may overlap.
    Fill {
        /// The chunk's index.
        index: usize,
        /// The chunk.
        chunk: &'a Chunk,
        /// Address of its stored bytes.
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
