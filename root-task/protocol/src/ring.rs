// SPDX-License-Identifier: BSD-2-Clause

//! A byte stream from one component to another, through shared memory.
//!
//! Two cursors count all bytes ever written and read. Each side changes only its own cursor and
//! treats the other as an arbitrary number. So neither side leaves the ring's memory, whatever the
//! other side does.

use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Number of bytes ever written and read.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Cursors {
    written: AtomicU64,
    read: AtomicU64,
}

impl Cursors {
    /// No byte was written yet.
    pub const fn new() -> Self {
        Self {
            written: AtomicU64::new(0),
            read: AtomicU64::new(0),
        }
    }
}

/// A ring in shared memory. One side only writes, the other only reads.
#[derive(Debug)]
pub struct Ring<'a> {
    cursors: &'a Cursors,
    bytes: &'a [AtomicU8],
}

impl<'a> Ring<'a> {
    /// Creates a view of the ring in `bytes`.
    pub fn new(cursors: &'a Cursors, bytes: &'a [AtomicU8]) -> Self {
        Self { cursors, bytes }
    }

    /// Writes as much of `text` as fits. Returns the number of bytes written.
    pub fn write(&mut self, text: &[u8]) -> usize {
        let written = self.cursors.written.load(Ordering::Relaxed);
        let read = self.cursors.read.load(Ordering::Acquire);
        let room = self.bytes.len() - self.pending(written, read);
        let length = text.len().min(room);
        for (&byte, place) in text.iter().zip(self.places(written)).take(length) {
            place.store(byte, Ordering::Relaxed);
        }
        let cursor = written.wrapping_add(length as u64);
        self.cursors.written.store(cursor, Ordering::Release);
        length
    }

    /// Reads up to `buffer.len()` bytes. Returns the number of bytes read.
    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        let read = self.cursors.read.load(Ordering::Relaxed);
        let written = self.cursors.written.load(Ordering::Acquire);
        let length = buffer.len().min(self.pending(written, read));
        for (byte, place) in buffer.iter_mut().zip(self.places(read)).take(length) {
            *byte = place.load(Ordering::Relaxed);
        }
        let cursor = read.wrapping_add(length as u64);
        self.cursors.read.store(cursor, Ordering::Release);
        length
    }

    /// Returns the number of unread bytes, at most the ring's capacity.
    fn pending(&self, written: u64, read: u64) -> usize {
        let capacity = self.bytes.len();
        usize::try_from(written.wrapping_sub(read))
            .map_or(capacity, |pending| pending.min(capacity))
    }

    /// Returns all places, from that of the byte with the number `cursor`.
    fn places(&self, cursor: u64) -> impl Iterator<Item = &AtomicU8> {
        let start = cursor.checked_rem(self.bytes.len() as u64).unwrap_or(0);
        let (low, high) = self.bytes.split_at(start as usize);
        high.iter().chain(low)
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicU8, Ordering};

    use super::{Cursors, Ring};

    #[test]
    fn bytes_come_through_in_order() {
        let cursors = Cursors::default();
        let bytes: [AtomicU8; 5] = Default::default();
        let mut producer = Ring::new(&cursors, &bytes);
        let mut consumer = Ring::new(&cursors, &bytes);
        let mut buffer = [0; 4];
        assert_eq!(producer.write(b"abcdefgh"), 5);
        assert_eq!(consumer.read(&mut buffer), 4);
        assert_eq!(&buffer, b"abcd");
        assert_eq!(producer.write(b"fghij"), 4);
        assert_eq!(consumer.read(&mut buffer), 4);
        assert_eq!(&buffer, b"efgh");
        assert_eq!(consumer.read(&mut buffer), 1);
        assert_eq!(consumer.read(&mut buffer), 0);
    }

    #[test]
    fn no_cursor_leads_astray() {
        let cursors = Cursors::default();
        let bytes: [AtomicU8; 3] = Default::default();
        let mut buffer = [0; 10];
        for lie in [7, u64::MAX, 1 << 63] {
            cursors.written.store(lie, Ordering::Relaxed);
            assert!(Ring::new(&cursors, &bytes).read(&mut buffer) <= bytes.len());
            cursors.read.store(lie / 2, Ordering::Relaxed);
            assert!(Ring::new(&cursors, &bytes).write(&buffer) <= bytes.len());
        }
        assert_eq!(Ring::new(&cursors, &[]).write(b"x"), 0);
    }
}
