// SPDX-License-Identifier: BSD-2-Clause

//! The queue of a virtio disk (Virtio 1.2, sections 2.7 and 5.2), with one request at a time.
//!
//! The request is a chain of three descriptors: its header, the window, and a byte with the outcome. Only the sector,
//! the window and its length change, and they are written anew for each request.

use core::sync::atomic::{Ordering, fence};

use kaal_protocol::Refusal;
use kaal_queue::{NEXT, Places, QueueMemory, WRITE};

/// The size of the queue's memory in bytes.
pub const QUEUE: usize = 4096;

/// The number of places in each ring: the chain's length, rounded up to a power of two.
pub const QUEUE_SIZE: u16 = 4;

/// Offsets in the queue's memory. The descriptors come first.
const AVAILABLE: usize = 0x100;
const USED: usize = 0x200;
const HEADER: usize = 0x300;
const STATUS: usize = 0x340;

/// The header's size, and its words: a type, 0, and the sector. Type 0 reads.
const HEADER_SIZE: u32 = 16;
const SECTOR: usize = HEADER + 8;

/// An outcome that no device gives: 0 is success, 1 and 2 are errors.
const PENDING: u32 = 0xff;

/// The driver's end of the queue.
#[derive(Debug)]
pub struct Requests<M> {
    memory: M,
    /// The queue's physical address.
    physical: u64,
    /// The number of requests made and of those that the device has finished; both wrap.
    made: u16,
    finished: u16,
}

impl<M: QueueMemory> Requests<M> {
    /// Makes a queue in `memory` of [`QUEUE`] zeroed bytes, with the physical address `physical`.
    pub fn new(memory: M, physical: u64) -> Self {
        memory.describe(0, physical + HEADER as u64, HEADER_SIZE, NEXT);
        memory.describe(2, physical + STATUS as u64, 1, WRITE);
        Self {
            memory,
            physical,
            made: 0,
            finished: 0,
        }
    }

    /// Returns where the device finds the queue.
    pub fn places(&self) -> Places {
        Places {
            descriptors: self.physical,
            available: self.physical + AVAILABLE as u64,
            used: self.physical + USED as u64,
        }
    }

    /// Asks the device to write `length` bytes, from the block `first` on, to the physical address `to`. Then notify
    /// it.
    ///
    /// # Errors
    ///
    /// Fails if the device has not finished the last request.
    pub fn read(&mut self, first: u64, to: u64, length: usize) -> Result<(), Refusal> {
        if self.made != self.finished {
            return Err(Refusal::Taken);
        }
        self.memory.write_long(SECTOR, first);
        self.memory.describe(1, to, length as u32, NEXT | WRITE);
        self.memory.write(STATUS, PENDING);
        // Every place of the ring names the chain's first descriptor, which has the number 0.
        self.made = self.made.wrapping_add(1);
        // The device sees the request before its number.
        fence(Ordering::SeqCst);
        self.memory.write(AVAILABLE, u32::from(self.made) << 16);
        fence(Ordering::SeqCst);
        Ok(())
    }

    /// Returns the outcome of the last request; `None` if the device has not finished it.
    pub fn outcome(&mut self) -> Option<Result<(), Refusal>> {
        let used = (self.memory.read(USED) >> 16) as u16;
        if used != self.made || self.made == self.finished {
            return None;
        }
        // What the device wrote before this number.
        fence(Ordering::Acquire);
        self.finished = self.made;
        match self.memory.read(STATUS) & 0xff {
            0 => Some(Ok(())),
            _ => Some(Err(Refusal::Failed)),
        }
    }
}
