// SPDX-License-Identifier: BSD-2-Clause

//! A queue of a virtio device, as the driver of a network card uses it (Virtio 1.2, section 2.7).
//!
//! Each buffer has one chain of two descriptors: the header in the driver's memory, and the buffer in
//! memory that the driver shares with its client. Chains never change, except for the length of a packet
//! to send. So the device can't be led to other memory, and a packet costs few accesses.

use core::sync::atomic::{Ordering, fence};

use kaal_queue::{DESCRIPTOR, LENGTH, NEXT, Places, QueueMemory, WRITE};

use crate::broken::Broken;
use crate::driver::Filled;
use crate::layout::{BUFFER, MOST};

/// Size of a queue's memory in bytes.
pub const QUEUE: usize = 8192;

/// Size of the header in front of each packet (section 5.1.6).
const HEADER: usize = 12;

/// Offsets in a queue's memory: the available ring, the used ring, the header that all packets share. The
/// descriptors come first.
const AVAILABLE: usize = 2 * MOST * DESCRIPTOR;
const USED: usize = AVAILABLE + 1024;
const SHARED_HEADER: usize = QUEUE - 16;

/// Bit 0 of the flags of either ring: the other side needs no interrupt or notification.
const QUIET: u32 = 1;

/// What packets of a queue do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The device writes them.
    Receive,
    /// The device reads them.
    Send,
}

/// A queue with one chain for each buffer.
#[derive(Debug)]
pub struct Chains<M> {
    memory: M,
    /// The memory's physical address.
    physical: u64,
    direction: Direction,
    /// Number of buffers.
    buffers: usize,
    /// Number of places in each ring, a power of two.
    size: usize,
    /// Number of chains ever made available, and of chains ever returned; both wrap.
    available: u16,
    used: u16,
    /// Flags of the available ring.
    flags: u32,
    /// The places of the available ring, of which two are in a word.
    ring: [u16; 2 * MOST],
}

impl<M: QueueMemory> Chains<M> {
    /// Makes a queue in `memory` of [`QUEUE`] zeroed bytes, with the physical address `physical`. `buffers` are the
    /// physical addresses of the buffers, at most 128.
    pub fn new(
        memory: M,
        physical: u64,
        direction: Direction,
        buffers: impl ExactSizeIterator<Item = u64>,
    ) -> Self {
        let count = buffers.len().min(MOST);
        let flags = match direction {
            Direction::Receive => WRITE,
            Direction::Send => 0,
        };
        for (number, buffer) in buffers.take(count).enumerate() {
            let header = physical + SHARED_HEADER as u64;
            memory.describe(2 * number, header, HEADER as u32, flags | NEXT);
            memory.describe(2 * number + 1, buffer, BUFFER as u32, flags);
        }
        Self {
            memory,
            physical,
            direction,
            buffers: count,
            size: (2 * count).next_power_of_two(),
            available: 0,
            used: 0,
            flags: 0,
            ring: [0; _],
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

    /// Number of places in each ring.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Prepares a buffer for the device. `length` is that of a packet to send.
    pub fn add(&mut self, number: usize, length: usize) {
        if self.direction == Direction::Send {
            let second = (2 * number + 1) * DESCRIPTOR;
            self.memory.write(second + LENGTH, length as u32);
        }
        let place = usize::from(self.available) & (self.size - 1);
        if let Some(chain) = self.ring.get_mut(place) {
            *chain = 2 * number as u16;
        }
        let pair = place & !1;
        if let Some([low, high]) = self.ring.get(pair..).and_then(|ring| ring.first_chunk()) {
            let word = u32::from(*low) | u32::from(*high) << 16;
            self.memory.write(AVAILABLE + 4 + 2 * pair, word);
        }
        self.available = self.available.wrapping_add(1);
    }

    /// Makes all prepared buffers available. Returns whether the device must be notified.
    pub fn publish(&self) -> bool {
        self.write_index();
        self.memory.read(USED) & QUIET == 0
    }

    /// Says whether the device interrupts when it returns a buffer. After turning it on, look for buffers
    /// that it returned before.
    pub fn set_interrupts(&mut self, are_on: bool) {
        let flags = if are_on { 0 } else { QUIET };
        if self.flags != flags {
            self.flags = flags;
            self.write_index();
        }
    }

    /// Takes a buffer that the device returns, if there is one, with the length of the packet that it
    /// received. [`Driver`](crate::Driver) checks that the device had it, which also ends a row of lies.
    ///
    /// # Errors
    ///
    /// Fails if the device lies.
    pub fn used(&mut self) -> Result<Option<Filled>, Broken> {
        let index = (self.memory.read(USED) >> 16) as u16;
        if index == self.used {
            return Ok(None);
        }
        fence(Ordering::Acquire);
        let place = usize::from(self.used) & (self.size - 1);
        let entry = USED + 4 + 8 * place;
        let chain = self.memory.read(entry) as usize;
        let written = self.memory.read(entry + 4) as usize;
        if !chain.is_multiple_of(2) || chain / 2 >= self.buffers {
            return Err(Broken::Device);
        }
        let length = match self.direction {
            Direction::Receive => written.checked_sub(HEADER).ok_or(Broken::Device)?,
            Direction::Send => 0,
        };
        self.used = self.used.wrapping_add(1);
        let number = chain / 2;
        Ok(Some(Filled { number, length }))
    }

    fn write_index(&self) {
        let index = u32::from(self.available) << 16;
        // The device sees the chains before their number, and the driver looks at what the device wrote
        // only after the device can see the number and the flags.
        fence(Ordering::SeqCst);
        self.memory.write(AVAILABLE, self.flags | index);
        fence(Ordering::SeqCst);
    }
}
