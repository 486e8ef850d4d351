// SPDX-License-Identifier: BSD-2-Clause

//! What the drivers of virtio devices have in common: the memory of a queue, and its descriptors (Virtio 1.2,
//! section 2.7).

#![no_std]
#![forbid(unsafe_code)]

/// Size of a descriptor in bytes.
pub const DESCRIPTOR: usize = 16;

/// Offset of a descriptor's length.
pub const LENGTH: usize = 8;

/// A descriptor's flag: the chain goes on.
pub const NEXT: u32 = 1;

/// A descriptor's flag: the device writes.
pub const WRITE: u32 = 2;

/// Memory that the device accesses too, in words of four bytes. The descriptors come first.
pub trait QueueMemory {
    /// Reads the word at `offset`, in bytes.
    fn read(&self, offset: usize) -> u32;

    /// Writes the word at `offset`, in bytes.
    fn write(&self, offset: usize, value: u32);

    /// Writes the descriptor with this number. If the chain goes on, it does with the next number.
    fn describe(&self, number: usize, address: u64, length: u32, flags: u32) {
        let start = number * DESCRIPTOR;
        let next = number as u32 + 1;
        self.write_long(start, address);
        self.write(start + LENGTH, length);
        self.write(start + 12, flags | next << 16);
    }

    /// Writes two words, the lower first.
    fn write_long(&self, offset: usize, value: u64) {
        self.write(offset, value as u32);
        self.write(offset + 4, (value >> 32) as u32);
    }
}

/// Physical addresses of a queue's parts.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// The descriptors.
    pub descriptors: u64,
    /// The available ring.
    pub available: u64,
    /// The used ring.
    pub used: u64,
}
