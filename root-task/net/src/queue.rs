// SPDX-License-Identifier: BSD-2-Clause

//! Queues of descriptors, from one producer to one consumer.
//!
//! Head and tail count all descriptors ever received and sent. Each end keeps its own count to itself
//! and publishes a copy. It believes the other end's copy only if the queue could hold the descriptors
//! in between.

use core::sync::atomic::{AtomicU64, Ordering, fence};

use crate::broken::Broken;
use crate::layout::{Kind, Layout, QUEUE_HEADER};

/// Words in front of a queue's descriptors.
const TAIL: usize = 0;
const HEAD: usize = 1;
/// Not 0 if the consumer asks for a signal when there are descriptors.
const ASKED: usize = 2;

/// A packet's place: one word in shared memory, the length in its upper half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The buffer's offset in the shared memory, in bytes.
    pub offset: u32,
    /// Number of bytes in the buffer.
    pub length: u32,
}

impl Descriptor {
    fn word(self) -> u64 {
        u64::from(self.length) << 32 | u64::from(self.offset)
    }

    fn from_word(word: u64) -> Self {
        Self {
            offset: word as u32,
            length: (word >> 32) as u32,
        }
    }
}

/// A queue's words, and this end's count.
#[derive(Debug)]
struct Queue {
    start: usize,
    capacity: usize,
    /// Number of descriptors that this end has sent or received.
    own: u64,
    /// The other end's count, as far as it was read.
    other: u64,
}

/// The end that sends descriptors.
#[derive(Debug)]
pub(crate) struct Producer {
    queue: Queue,
    /// Number of descriptors for which [`Self::take_request`] was called.
    announced: u64,
}

/// The end that receives descriptors.
#[derive(Debug)]
pub(crate) struct Consumer(Queue);

impl Queue {
    fn new(layout: &Layout, kind: Kind) -> Self {
        Self {
            start: layout.queue(kind),
            capacity: layout.capacity,
            own: 0,
            other: 0,
        }
    }

    fn load(&self, words: &[AtomicU64], word: usize, ordering: Ordering) -> u64 {
        words
            .get(self.start + word)
            .map_or(0, |word| word.load(ordering))
    }

    fn store(&self, words: &[AtomicU64], word: usize, value: u64, ordering: Ordering) {
        if let Some(word) = words.get(self.start + word) {
            word.store(value, ordering);
        }
    }

    /// The word of the descriptor that this end sends or receives next.
    fn place(&self) -> usize {
        QUEUE_HEADER + (self.own as usize & (self.capacity - 1))
    }
}

impl Producer {
    /// The sending end of a queue that was never used.
    pub(crate) fn new(layout: &Layout, kind: Kind) -> Self {
        Self {
            queue: Queue::new(layout, kind),
            announced: 0,
        }
    }

    /// Sends a descriptor. An honest consumer has always room, because there are no more buffers than the
    /// queue holds.
    pub(crate) fn push(
        &mut self,
        words: &[AtomicU64],
        descriptor: Descriptor,
    ) -> Result<(), Broken> {
        let queue = &mut self.queue;
        let capacity = queue.capacity as u64;
        if queue.own.wrapping_sub(queue.other) >= capacity {
            queue.other = queue.load(words, HEAD, Ordering::Acquire);
            if queue.own.wrapping_sub(queue.other) >= capacity {
                return Err(Broken::Count);
            }
        }
        queue.store(words, queue.place(), descriptor.word(), Ordering::Relaxed);
        queue.own = queue.own.wrapping_add(1);
        queue.store(words, TAIL, queue.own, Ordering::Release);
        Ok(())
    }

    /// Whether the consumer must be signalled: it asked for that, and descriptors were sent since the
    /// last call.
    pub(crate) fn take_request(&mut self, words: &[AtomicU64]) -> bool {
        if self.announced == self.queue.own {
            return false;
        }
        self.announced = self.queue.own;
        // The consumer asks and then looks at the tail; this end does so in the opposite order. So one
        // of them sees what the other wrote.
        fence(Ordering::SeqCst);
        let is_asked = self.is_asked(words);
        if is_asked {
            self.queue.store(words, ASKED, 0, Ordering::Relaxed);
        }
        is_asked
    }

    /// Whether the consumer waits for a signal.
    pub(crate) fn is_asked(&self, words: &[AtomicU64]) -> bool {
        self.queue.load(words, ASKED, Ordering::Relaxed) != 0
    }
}

impl Consumer {
    /// The receiving end of a queue that was never used.
    pub(crate) fn new(layout: &Layout, kind: Kind) -> Self {
        Self(Queue::new(layout, kind))
    }

    /// Receives a descriptor, if there is one.
    pub(crate) fn pop(&mut self, words: &[AtomicU64]) -> Result<Option<Descriptor>, Broken> {
        if self.is_empty(words)? {
            return Ok(None);
        }
        let Self(queue) = self;
        let word = queue.load(words, queue.place(), Ordering::Relaxed);
        queue.own = queue.own.wrapping_add(1);
        queue.store(words, HEAD, queue.own, Ordering::Release);
        Ok(Some(Descriptor::from_word(word)))
    }

    /// Whether no descriptor can be received.
    pub(crate) fn is_empty(&mut self, words: &[AtomicU64]) -> Result<bool, Broken> {
        let Self(queue) = self;
        if queue.other == queue.own {
            let tail = queue.load(words, TAIL, Ordering::Acquire);
            if tail.wrapping_sub(queue.own) > queue.capacity as u64 {
                return Err(Broken::Count);
            }
            queue.other = tail;
        }
        Ok(queue.other == queue.own)
    }

    /// Asks the producer for a signal. Then look whether the queue is still empty.
    pub(crate) fn ask(&self, words: &[AtomicU64]) {
        self.0.store(words, ASKED, 1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Takes back what [`Self::ask`] asked for.
    pub(crate) fn ask_no_more(&self, words: &[AtomicU64]) {
        self.0.store(words, ASKED, 0, Ordering::Relaxed);
    }
}
