// SPDX-License-Identifier: BSD-2-Clause

//! Hostile LZ4 blocks. The decoder must write only to the output, and agree with `lz4_flex`: both accept the
//! same blocks, with the same result.

use crate::{Target, input};

/// Bytes before and after the output, which must not change.
const FRAME: [u8; 32] = [0xa5; 32];

/// The decoder of LZ4 blocks. The first two bytes are the size of the decompressed block.
pub const LZ4: Target = Target {
    name: "lz4",
    run,
    seeds: || {
        let repeated = [&b"kernel and root task "[..]; 40].concat();
        let zeroes = vec![0; 3000];
        let bytes: Vec<u8> = (0..=255).collect();
        [repeated, zeroes, bytes, Vec::new()]
            .map(|content| seed(&content))
            .into()
    },
};

fn run(input: &[u8]) -> bool {
    let Some((&[low, high], block)) = input.split_first_chunk() else {
        return false;
    };
    let size = usize::from(u16::from_le_bytes([low, high]));
    let mut expected = vec![0; size];
    let reference = lz4_flex::block::decompress_into(block, &mut expected);
    let is_block = reference.as_ref().is_ok_and(|&found| found == size);

    // In memory of its own, so that the address sanitizer finds reads past its end.
    let block = block.to_vec().into_boxed_slice();
    let mut framed = [&FRAME[..], &vec![0x5a; size], &FRAME].concat();
    let result = kaal_lz4::decompress(&block, &mut framed[FRAME.len()..][..size]);
    let (before, rest) = framed.split_at(FRAME.len());
    let (output, behind) = rest.split_at(size);
    assert!(before == FRAME && behind == FRAME);
    assert_eq!(
        result.is_ok(),
        is_block,
        "{result:?}, lz4_flex {reference:?}"
    );
    assert!(!is_block || output == expected);

    // Memory that ends with the output, so that the address sanitizer finds accesses past that too.
    let mut output = vec![0; size].into_boxed_slice();
    assert_eq!(kaal_lz4::decompress(&block, &mut output), result);
    is_block
}

fn seed(content: &[u8]) -> Vec<u8> {
    let block = lz4_flex::block::compress(content);
    let [low, high] = u16::to_le_bytes(content.len() as u16);
    input(low, &input(high, &block))
}
