// SPDX-License-Identifier: BSD-2-Clause

//! Makes LZ4 blocks (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>) that are small,
//! and that take few instructions to decompress.
//!
//! What costs most is to begin a sequence. A match of four or five bytes saves one or two of them,
//! and is half of all matches in a program; without these, a block is larger by a twelfth, but takes
//! less than two thirds of the instructions.

use std::borrow::Cow;

use kaal_payload::Encoding;

use crate::format::Compression;

/// The shortest match that is kept.
const SHORTEST_KEPT: usize = 6;

/// A length in a token that goes on in the bytes behind it.
const LONG: usize = 15;

/// The shortest match there is, which a token tells as 0.
const MIN_MATCH: usize = 4;

/// `content` as a package stores it: compressed, if it is to be and gets smaller.
pub(super) fn store(content: &[u8], compression: Compression) -> (Encoding, Cow<'_, [u8]>) {
    if compression == Compression::Lz4 {
        let block = compress(content);
        if block.len() < content.len() {
            return (Encoding::Lz4, block.into());
        }
    }
    (Encoding::Identity, content.into())
}

/// `content` as a block.
fn compress(content: &[u8]) -> Vec<u8> {
    without_short_matches(&lz4_flex::block::compress(content), content)
}

/// `block`, which holds `content`, with literals in the place of its short matches.
fn without_short_matches(block: &[u8], content: &[u8]) -> Vec<u8> {
    let mut shorter = Vec::with_capacity(content.len());
    let mut rest = content;
    let mut literals = 0;
    for sequence in Sequences(block) {
        literals += sequence.literals;
        match sequence.repetition {
            Some((_, length)) if length < SHORTEST_KEPT => literals += length,
            repetition => {
                let (copied, behind) = rest.split_at(literals);
                write(&mut shorter, copied, repetition);
                rest = &behind[repetition.map_or(0, |(_, length)| length)..];
                literals = 0;
            }
        }
    }
    shorter
}

/// A sequence: literals and, unless it is the last, what is repeated behind them.
struct Sequence {
    literals: usize,
    /// The distance and the length of a match.
    repetition: Option<(u16, usize)>,
}

/// The sequences that are left of a well-formed block.
struct Sequences<'a>(&'a [u8]);

impl Iterator for Sequences<'_> {
    type Item = Sequence;

    fn next(&mut self) -> Option<Sequence> {
        let token = usize::from(self.byte()?);
        let literals = self.length(token >> 4);
        self.0 = self.0.get(literals..)?;
        let repetition = self.byte().map(|low| {
            let distance = u16::from_le_bytes([low, self.byte().unwrap_or_default()]);
            (distance, self.length(token & LONG) + MIN_MATCH)
        });
        Some(Sequence {
            literals,
            repetition,
        })
    }
}

impl Sequences<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    /// A length that begins with `length` in a token.
    fn length(&mut self, mut length: usize) -> usize {
        if length == LONG {
            while let Some(more) = self.byte() {
                length += usize::from(more);
                if more != u8::MAX {
                    break;
                }
            }
        }
        length
    }
}

/// Adds a sequence to `block`.
fn write(block: &mut Vec<u8>, literals: &[u8], repetition: Option<(u16, usize)>) {
    let repeated = repetition.map_or(0, |(_, length)| length - MIN_MATCH);
    block.push((literals.len().min(LONG) << 4 | repeated.min(LONG)) as u8);
    write_length(block, literals.len());
    block.extend_from_slice(literals);
    if let Some((distance, _)) = repetition {
        block.extend_from_slice(&distance.to_le_bytes());
        write_length(block, repeated);
    }
}

/// Adds what a token can't tell of `length`.
fn write_length(block: &mut Vec<u8>, length: usize) {
    if let Some(more) = length.checked_sub(LONG) {
        block.resize(block.len() + more / usize::from(u8::MAX), u8::MAX);
        block.push((more % usize::from(u8::MAX)) as u8);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONG, SHORTEST_KEPT, Sequences, compress};

    /// Bytes with repetitions of all lengths: pieces of random bytes, and of what came before.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        let piece = (
            prop::collection::vec(any::<u8>(), 0..40),
            1..80usize,
            0..600usize,
        );
        prop::collection::vec(piece, 1..60).prop_map(|pieces| {
            let mut content = Vec::new();
            for (fresh, distance, length) in pieces {
                content.extend(fresh);
                for _ in 0..length {
                    let place = content.len().checked_sub(distance);
                    content.push(place.map_or(0, |place| content[place]));
                }
            }
            content
        })
    }

    proptest! {
        #[test]
        #[cfg_attr(miri, ignore = "too many cases")]
        fn what_is_compressed_is_decompressed(content in content()) {
            let block = compress(&content);
            let found = lz4_flex::block::decompress(&block, content.len());
            prop_assert_eq!(found.ok(), Some(content));
            let mut matches = Sequences(&block).filter_map(|sequence| sequence.repetition);
            prop_assert!(matches.all(|(_, length)| length >= SHORTEST_KEPT));
        }
    }

    /// Lengths around those at which another byte tells of them.
    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn long_lengths() {
        for length in [
            LONG - 1,
            LONG,
            LONG + 254,
            LONG + 255,
            LONG + 256,
            LONG + 510,
        ] {
            for more in 0..8 {
                let literals = (0..length + more).map(|index| (index * index / 7) as u8);
                let zeroes = std::iter::repeat_n(0, length + more);
                let content: Vec<u8> = literals.chain(zeroes).chain(*b"the end").collect();
                let block = compress(&content);
                let found = lz4_flex::block::decompress(&block, content.len());
                assert_eq!(found.ok(), Some(content));
            }
        }
    }
}
