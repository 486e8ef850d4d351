// SPDX-License-Identifier: BSD-2-Clause

//! The client's end: reads blocks through the windows, and keeps in mind what they hold.

use core::mem;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Poll, ready};

use kaal_protocol::Refusal;
use zerocopy::FromBytes;

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

impl Held {
    fn holds(&self, block: u64) -> bool {
        let place = block.checked_sub(self.first);
        place.is_some_and(|place| place < self.count)
    }
}

/// What the windows hold. Many small reads of neighbouring blocks take one request.
#[derive(Debug)]
pub struct Reader {
    /// The number of blocks of the disk.
    blocks: u64,
    held: [Held; WINDOWS],
    /// The number of reads so far.
    reads: u64,
    /// The end of the blocks that were read from the disk last.
    end: u64,
}

impl Reader {
    /// A reader of a disk of this many blocks, with windows that hold nothing.
    pub fn new(blocks: u64) -> Self {
        Self {
            blocks,
            held: [Held::default(); WINDOWS],
            reads: 0,
            end: 0,
        }
    }

    /// Returns the number of blocks of the disk.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Reads consecutive blocks, from `first` on, as many of those that `buffer` holds as lie in one window. Returns
    /// the number of bytes. `fill` asks the driver whether it has filled a window of the shared memory, which has these
    /// `words`. If the disk is read from one end to the other, the next window is filled ahead.
    ///
    /// # Errors
    ///
    /// Fails if the disk has fewer blocks than `buffer` holds, that holds none or a part of one, or like `fill`.
    pub fn read(
        &mut self,
        first: u64,
        buffer: &mut [u8],
        words: &[AtomicU64],
        mut fill: impl FnMut(Fill) -> Poll<Result<(), Refusal>>,
    ) -> Poll<Result<usize, Refusal>> {
        let (count, rest) = (buffer.len() / BLOCK, buffer.len() % BLOCK);
        let end = first.checked_add(count as u64);
        if count == 0 || rest != 0 || end.is_none_or(|end| end > self.blocks) {
            return Poll::Ready(Err(Refusal::Malformed));
        }
        let window = ready!(self.window(first, &mut fill))?;
        let held = self.held.get(window).copied().unwrap_or_default();
        let skipped = (first - held.first) as usize;
        let here = (held.count as usize - skipped).min(count);
        let (part, _) = buffer.split_at_mut(here * BLOCK);
        let start = (window * SIZE + skipped * BLOCK) / WORD;
        let words = words.get(start..start + part.len() / WORD);
        copy(words.ok_or(Refusal::Broken)?, part);
        Poll::Ready(Ok(here * BLOCK))
    }

    /// Returns the window that holds `block`; otherwise fills the one used least recently.
    fn window(
        &mut self,
        block: u64,
        fill: &mut impl FnMut(Fill) -> Poll<Result<(), Refusal>>,
    ) -> Poll<Result<usize, Refusal>> {
        self.reads += 1;
        let reads = self.reads;
        let (window, held) = self.choose(block).ok_or(Refusal::NotFound)?;
        if held.holds(block) {
            held.used = reads;
            return Poll::Ready(Ok(window));
        }
        let wanted = self.prepare(block).ok_or(Refusal::NotFound)?;
        ready!(fill(wanted))?;
        let end = wanted.first + wanted.count;
        if let Some(held) = self.held.get_mut(window) {
            (held.first, held.count, held.used) = (wanted.first, wanted.count, reads);
        }
        let is_next = mem::replace(&mut self.end, end) == block;
        let is_held = self.held.iter().any(|held| held.holds(end));
        if is_next && !is_held && end < self.blocks {
            // A failure comes again when these blocks are read.
            let _ = self.prepare(end).map(fill);
        }
        Poll::Ready(Ok(window))
    }

    /// Returns the window that holds `block`, or else the one used least recently.
    fn choose(&mut self, block: u64) -> Option<(usize, &mut Held)> {
        let places = self.held.iter_mut().enumerate();
        places.min_by_key(|(_, held)| (!held.holds(block), held.used))
    }

    /// Empties a window for `block` and those behind it. Until it is filled, it is the next to be filled.
    fn prepare(&mut self, block: u64) -> Option<Fill> {
        let blocks = self.blocks;
        let (window, held) = self.choose(block)?;
        *held = Held::default();
        Some(Fill {
            window: window as u64,
            first: block,
            count: (blocks - block).min(BLOCKS as u64),
        })
    }
}

/// Copies words to as many bytes. Programs for the target access words only at multiples of eight bytes, so other bytes
/// are copied one by one.
fn copy(words: &[AtomicU64], bytes: &mut [u8]) {
    let words = words.iter().map(|word| word.load(Ordering::Relaxed));
    if let Ok(parts) = <[u64]>::mut_from_bytes(bytes) {
        parts
            .iter_mut()
            .zip(words)
            .for_each(|(to, from)| *to = from);
    } else {
        let (parts, _) = bytes.as_chunks_mut::<WORD>();
        let words = words.map(u64::to_ne_bytes);
        parts
            .iter_mut()
            .zip(words)
            .for_each(|(to, from)| *to = from);
    }
}
