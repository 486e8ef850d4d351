// SPDX-License-Identifier: BSD-2-Clause

use kaal_payload::{PhysAddr, PhysRange};
use proptest::prelude::*;

use super::{Chunk, LONG_RUN, cover, without_zeroes};

const BASE: u64 = 0x1000;

/// The memory after all chunks are loaded. The chunks must be contiguous.
fn load(chunks: &[Chunk<'_>]) -> Vec<u8> {
    let mut memory = Vec::new();
    for chunk in chunks {
        assert_eq!(chunk.memory.start.0, BASE + memory.len() as u64);
        memory.extend(chunk.content);
        memory.resize((chunk.memory.end.0 - BASE) as usize, 0);
    }
    memory
}

fn memory(size: usize) -> PhysRange {
    PhysRange {
        start: PhysAddr(BASE),
        end: PhysAddr(BASE + size as u64),
    }
}

/// Bytes with runs of zeroes of all lengths.
fn content() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec((any::<u8>(), 0..2 * LONG_RUN), 0..8).prop_map(|runs| {
        runs.into_iter()
            .flat_map(|(byte, zeroes)| std::iter::once(byte).chain(vec![0; zeroes]))
            .collect()
    })
}

proptest! {
    #[test]
    fn nothing_is_lost_without_zeroes(content in content(), gap in 0..100u64, tail in 0..100) {
        prop_assume!(content.iter().any(|&byte| byte != 0));
        let mut expected = vec![0; gap as usize * 8];
        expected.extend(&content);
        expected.resize(expected.len() + tail as usize, 0);
        let start = PhysAddr(BASE + gap * 8);
        let fragments = without_zeroes(start, &content);
        let chunks = cover(memory(expected.len()), fragments);
        prop_assert_eq!(load(&chunks), expected);
        for chunk in &chunks {
            let zeroes = chunk.content.split(|&byte| byte != 0).map(<[u8]>::len);
            prop_assert!(zeroes.max().unwrap_or(0) < LONG_RUN + 16);
        }
    }
}

#[test]
fn zeroes_alone_are_no_piece() {
    assert_eq!(without_zeroes(PhysAddr(BASE), &[0; 4096]).next(), None);
}

#[test]
fn pieces_without_content_are_kept() {
    let fragment = |offset: u64, content| (PhysAddr(BASE + offset), content);
    let chunks = cover(memory(16), [fragment(4, &[1, 2][..]), fragment(8, &[])]);
    assert_eq!(
        load(&chunks),
        [0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(chunks.len(), 3);
}
