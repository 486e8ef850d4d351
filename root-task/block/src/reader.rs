// SPDX-License-Identifier: BSD-2-Clause

//! The client's end: reads blocks through the windows, and keeps in mind what they hold.

use core::sync::atomic::{AtomicU64, Ordering};

use kaal_protocol::Refusal;

use crate::window::{BLOCK, BLOCKS, Fill, SIZE, WINDOWS};

const WORD: usize = size_of::<u64>();

/// The blocks in a window.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    first: u64,
    count: u64,
    /// When it was used last.
    used: u64,
}

/// What the windows hold. Many small reads of neighbouring blocks take one request.
#[derive(Debug)]
pub struct Reader {
    /// The number of blocks of the disk.
    blocks: u64,
    held: [Held; WINDOWS],
    /// The number of reads so far.
    reads: u64,
}

impl Reader {
    /// A reader of a disk of this many blocks, with windows that hold nothing.
    pub fn new(blocks: u64) -> Self {
        Self {
            blocks,
            held: [Held::default(); WINDOWS],
            reads: 0,
        }
    }

    /// Returns the number of blocks of the disk.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Reads consecutive blocks, from `first` on, as many as `buffer` holds. `fill` asks the driver to fill a window of
    /// the shared memory, which has these `words`.
    ///
    /// # Errors
    ///
    /// Fails if the disk has fewer blocks, the buffer holds a part of one, or like `fill`.
    pub fn read(
        &mut self,
        first: u64,
        buffer: &mut [u8],
        words: &[AtomicU64],
        mut fill: impl FnMut(Fill) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let (count, rest) = (buffer.len() / BLOCK, buffer.len() % BLOCK);
        let end = first.checked_add(count as u64);
        if rest != 0 || end.is_none_or(|end| end > self.blocks) {
            return Err(Refusal::Malformed);
        }
        let mut next = first;
        let mut buffer = buffer;
        while !buffer.is_empty() {
            let window = self.window(next, &mut fill)?;
            let held = self.held.get(window).copied().unwrap_or_default();
            let skipped = (next - held.first) as usize;
            let here = (held.count as usize - skipped).min(buffer.len() / BLOCK);
            let (part, behind) = buffer.split_at_mut(here * BLOCK);
            let start = (window * SIZE + skipped * BLOCK) / WORD;
            let words = words.get(start..start + part.len() / WORD);
            let words = words.ok_or(Refusal::Broken)?;
            let (parts, _) = part.as_chunks_mut::<WORD>();
            for (to, from) in parts.iter_mut().zip(words) {
                *to = from.load(Ordering::Relaxed).to_le_bytes();
            }
            buffer = behind;
            next += here as u64;
        }
        Ok(())
    }

    /// Returns the window that holds `block`, which the one used least recently is filled with otherwise.
    fn window(
        &mut self,
        block: u64,
        fill: &mut impl FnMut(Fill) -> Result<(), Refusal>,
    ) -> Result<usize, Refusal> {
        self.reads += 1;
        let places = self.held.iter_mut().enumerate();
        let holds = |held: &Held| {
            block
                .checked_sub(held.first)
                .is_some_and(|at| at < held.count)
        };
        let oldest = places.min_by_key(|(_, held)| (!holds(held), held.used));
        let (window, held) = oldest.ok_or(Refusal::NotFound)?;
        if !holds(held) {
            let count = (self.blocks - block).min(BLOCKS as u64);
            // If it fails, the window holds nothing.
            *held = Held::default();
            fill(Fill {
                window: window as u64,
                first: block,
                count,
            })?;
            (held.first, held.count) = (block, count);
        }
        held.used = self.reads;
        Ok(window)
    }
}
