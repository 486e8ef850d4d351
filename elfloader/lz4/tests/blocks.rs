// SPDX-License-Identifier: BSD-2-Clause

//! Tests that the blocks of `lz4_flex` are decoded, and that damaged blocks do no harm.

use kaal_lz4::{DecodeError, decompress};
use proptest::prelude::*;

/// The byte around the output, which must not change.
const FRAME: u8 = 0xa5;
const FRAME_SIZE: usize = 32;

/// Pieces of content at most, and from one period or length to the next: Miri takes long for each.
const PIECES: usize = if cfg!(miri) { 8 } else { 60 };
const STEP: usize = if cfg!(miri) { 9 } else { 1 };

/// The output of `size` bytes, and how decoding ended; fails where bytes around it are written.
fn decode(block: &[u8], size: usize) -> (Result<(), DecodeError>, Vec<u8>) {
    // In memory of its own, so that tools that look for wrong accesses find those to the block.
    let block = block.to_vec().into_boxed_slice();
    let mut framed = vec![FRAME; size + 2 * FRAME_SIZE];
    let result = decompress(&block, &mut framed[FRAME_SIZE..][..size]);
    let (before, rest) = framed.split_at(FRAME_SIZE);
    let (output, behind) = rest.split_at(size);
    assert!(before.iter().chain(behind).all(|&byte| byte == FRAME));
    (result, output.to_vec())
}

/// Bytes with repetitions at all distances: pieces of random bytes, and of what came before.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = (
        prop::collection::vec(any::<u8>(), 0..40),
        1..80usize,
        0..300usize,
    );
    prop::collection::vec(piece, 0..PIECES).prop_map(|pieces| {
        let mut content = Vec::new();
        for (fresh, distance, length) in pieces {
            content.extend(fresh);
            for _ in 0..length {
                match content.len().checked_sub(distance) {
                    Some(place) => content.push(content[place]),
                    None => content.push(0),
                }
            }
        }
        content
    })
}

proptest! {
    #[test]
    fn what_is_compressed_is_decompressed(content in content()) {
        let block = lz4_flex::block::compress(&content);
        prop_assert_eq!(decode(&block, content.len()), (Ok(()), content));
    }

    #[test]
    fn other_sizes_are_refused(content in content(), size in 0..4000usize) {
        prop_assume!(size != content.len());
        let block = lz4_flex::block::compress(&content);
        let expected = match size < content.len() {
            true => DecodeError::TooLong,
            false => DecodeError::TooShort,
        };
        prop_assert_eq!(decode(&block, size).0, Err(expected));
    }

    #[test]
    fn truncated_blocks_are_refused(content in content(), cut in any::<prop::sample::Index>()) {
        let block = lz4_flex::block::compress(&content);
        let (block, _) = block.split_at(cut.index(block.len()));
        prop_assert!(decode(block, content.len()).0.is_err() || content.is_empty());
    }

    /// Damage is found, or gives what the encoder's own decoder gives, but does no harm.
    #[test]
    fn damaged_blocks_do_no_harm(
        content in content(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut block = lz4_flex::block::compress(&content);
        for (place, byte) in damage {
            let place = place.index(block.len());
            block[place] = byte;
        }
        agree(&block, content.len());
    }

    #[test]
    fn random_blocks_do_no_harm(
        block in prop::collection::vec(any::<u8>(), 0..200),
        size in 0..2000usize,
    ) {
        agree(&block, size);
    }
}

/// Checks that `lz4_flex` decodes to the same result, if it accepts the block.
fn agree(block: &[u8], size: usize) {
    let mut expected = vec![0; size];
    let reference = lz4_flex::block::decompress_into(block, &mut expected);
    let (result, output) = decode(block, size);
    if reference.is_ok_and(|found| found == size) {
        assert_eq!((result, output), (Ok(()), expected));
    } else {
        assert!(result.is_err());
    }
}

#[test]
fn literals_only() {
    assert_eq!(decode(b"\x30abc", 3), (Ok(()), b"abc".to_vec()));
    assert_eq!(decode(b"\0", 0), (Ok(()), Vec::new()));
}

#[test]
fn nothing_is_no_block() {
    assert_eq!(decode(b"", 0).0, Err(DecodeError::Truncated));
}

#[test]
fn every_short_period_is_repeated() {
    for period in (1..40usize).step_by(STEP) {
        for length in (4..100usize).step_by(STEP) {
            let literals: Vec<u8> = (0..period as u8).collect();
            let mut block = vec![0xf0 | (length - 4).min(15) as u8];
            match period < 15 {
                true => block[0] = block[0] & 0xf | (period as u8) << 4,
                false => block.push(period as u8 - 15),
            }
            block.extend(&literals);
            block.extend((period as u16).to_le_bytes());
            if length >= 19 {
                block.push(length as u8 - 19);
            }
            block.extend(b"\x50ended");
            let mut expected: Vec<u8> = literals
                .iter()
                .cycle()
                .take(period + length)
                .copied()
                .collect();
            expected.extend(b"ended");
            assert_eq!(decode(&block, expected.len()), (Ok(()), expected));
        }
    }
}

#[test]
fn offsets_stay_within_what_is_written() {
    assert_eq!(
        decode(b"\x10a\x02\0\x50ended", 10).0,
        Err(DecodeError::Offset)
    );
    assert_eq!(
        decode(b"\x10a\0\0\x50ended", 10).0,
        Err(DecodeError::Offset)
    );
    assert_eq!(
        decode(b"\x10a\x01\0\x50ended", 10),
        (Ok(()), b"aaaaaended".to_vec())
    );
}
