// SPDX-License-Identifier: BSD-2-Clause

//! File contents in shared memory: a part of it for each open file.

use core::sync::atomic::{AtomicU64, Ordering};

use zerocopy::IntoBytes;

/// The number of files that can be open.
pub const FILES: usize = 12;

/// The bytes that are read from a file at once.
pub const RUN: usize = 16 << 10;

/// The size of the shared memory, in bytes.
pub const RUNS: usize = FILES * RUN;

const WORD: usize = size_of::<u64>();

/// The words that are copied at once.
const STRIDE: usize = 64;

/// The words of a file's part.
fn part(memory: &[AtomicU64], file: usize) -> &[AtomicU64] {
    let start = file.saturating_mul(RUN / WORD);
    let words = memory.get(start..).unwrap_or_default();
    words.get(..RUN / WORD).unwrap_or(words)
}

/// Writes words to a file's part of the memory, as many as fit.
pub fn write(memory: &[AtomicU64], file: usize, words: &[u64]) {
    for (to, from) in part(memory, file).iter().zip(words) {
        to.store(*from, Ordering::Relaxed);
    }
}

/// Reads bytes of a file's part of the memory, from the byte `at` on. Bytes behind the part stay as they are.
///
/// Programs for the target copy unaligned bytes fast only from one slice to another, so the words go through one.
pub fn read(memory: &[AtomicU64], file: usize, at: usize, bytes: &mut [u8]) {
    let (mut skip, start) = (at % WORD, at / WORD);
    let words = part(memory, file).get(start..).unwrap_or_default();
    let mut rest = bytes;
    for words in words.chunks(STRIDE) {
        let mut copy = [0; STRIDE];
        for (to, from) in copy.iter_mut().zip(words) {
            *to = from.load(Ordering::Relaxed);
        }
        let from = copy.as_bytes().get(skip..words.len() * WORD);
        let from = from.unwrap_or_default();
        let count = from.len().min(rest.len());
        let (to, behind) = rest.split_at_mut(count);
        let (from, _) = from.split_at(count);
        to.copy_from_slice(from);
        rest = behind;
        skip = 0;
        if rest.is_empty() {
            return;
        }
    }
}
