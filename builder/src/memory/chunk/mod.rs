// SPDX-License-Identifier: BSD-2-Clause

//! Splits memory into chunks that are stored without the zeroes at their ends.

use kaal_payload::{PhysAddr, PhysRange};

#[cfg(test)]
mod tests;

/// Run of zeroes in bytes that justifies another chunk: longer than a program header.
const LONG_RUN: usize = 128;

/// Granule in bytes of the search for zeroes.
const WORD: usize = 8;

/// An address, and the content there.
pub(crate) type Fragment<'a> = (PhysAddr, &'a [u8]);

/// Memory that begins with `content`. The rest is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk<'a> {
    pub(crate) memory: PhysRange,
    pub(crate) content: &'a [u8],
}

/// Chunks that cover `memory`. Their content is `fragments`, which ascend and don't overlap; all
/// other bytes are zero.
pub(crate) fn cover<'a>(
    memory: PhysRange,
    fragments: impl IntoIterator<Item = Fragment<'a>>,
) -> Vec<Chunk<'a>> {
    let mut chunks: Vec<Chunk<'a>> = Vec::new();
    for (start, content) in fragments {
        match chunks.last_mut() {
            Some(last) => last.memory.end = start,
            None if memory.start < start => chunks.push(Chunk {
                memory: PhysRange::from(memory.start..start),
                content: &[],
            }),
            None => {}
        }
        chunks.push(Chunk {
            memory: PhysRange::from(start..memory.end),
            content,
        });
    }
    chunks
}

/// Splits `content` at `start` into fragments without its long runs of zeroes. No fragment ends
/// with a zero.
pub(crate) fn without_zeroes(
    start: PhysAddr,
    content: &[u8],
) -> impl Iterator<Item = Fragment<'_>> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let rest = content.get(next..)?;
        let skipped = zero_words(rest) * WORD;
        let rest = rest.get(skipped..).filter(|rest| !rest.is_empty())?;
        let offset = next + skipped;
        let content = &rest[..length_before_zeroes(rest)];
        next = (offset + content.len()).next_multiple_of(WORD);
        Some((PhysAddr(start.0 + offset as u64), content))
    })
}

/// Number of zero words at the start of `content`.
fn zero_words(content: &[u8]) -> usize {
    content
        .chunks(WORD)
        .take_while(|word| word.iter().all(|&byte| byte == 0))
        .count()
}

/// Number of bytes in `content` up to the first long run of zeroes, or up to the final zeroes.
fn length_before_zeroes(content: &[u8]) -> usize {
    let mut length = 0;
    for (index, word) in content.chunks(WORD).enumerate() {
        if let Some(last) = word.iter().rposition(|&byte| byte != 0) {
            length = index * WORD + last + 1;
        } else if (index + 1) * WORD - length >= LONG_RUN {
            break;
        }
    }
    length
}
