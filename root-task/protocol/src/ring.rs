// SPDX-License-Identifier: BSD-2-Clause

//! A byte stream from one component to another, through shared memory.
//!
//! Two cursors count all bytes ever written and read. Each side keeps its own cursor to itself and
//! publishes a copy. It believes the other side's copy only if the ring could hold the bytes in
//! between. So the other side can neither lead it astray nor make it work on bytes that don't exist.

use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use thiserror::Error;

/// The copies of both cursors in the shared memory.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Cursors {
    /// Number of bytes ever written.
    pub written: AtomicU64,
    /// Number of bytes ever read.
    pub read: AtomicU64,
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

/// Error: the other side published an impossible cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the other side's cursor is impossible")]
pub struct Broken;

/// Shared memory with cursors in front of the bytes.
#[derive(Debug)]
struct Ring<'a> {
    cursors: &'a Cursors,
    bytes: &'a [AtomicU8],
}

/// The side that writes.
#[derive(Debug)]
pub struct Producer<'a> {
    ring: Ring<'a>,
    written: u64,
}

/// The side that reads.
#[derive(Debug)]
pub struct Consumer<'a> {
    ring: Ring<'a>,
    read: u64,
}

impl<'a> Producer<'a> {
    /// Creates the side that writes, of a ring that was never used.
    pub fn new(cursors: &'a Cursors, bytes: &'a [AtomicU8]) -> Self {
        let ring = Ring { cursors, bytes };
        Self { ring, written: 0 }
    }

    /// Continues where this side stopped. Only for a ring that no other program can write to.
    pub fn resume(cursors: &'a Cursors, bytes: &'a [AtomicU8]) -> Self {
        let written = cursors.written.load(Ordering::Relaxed);
        let ring = Ring { cursors, bytes };
        Self { ring, written }
    }

    /// Returns the number of bytes that fit.
    ///
    /// # Errors
    ///
    /// Fails if the other side lies.
    pub fn room(&self) -> Result<usize, Broken> {
        let read = self.ring.cursors.read.load(Ordering::Acquire);
        let unread = self.ring.unread(self.written, read)?;
        Ok(self.ring.bytes.len() - unread)
    }

    /// Writes as much of `text` as fits. Returns the number of bytes written.
    ///
    /// # Errors
    ///
    /// Fails if the other side lies.
    pub fn write(&mut self, text: &[u8]) -> Result<usize, Broken> {
        let length = text.len().min(self.room()?);
        let places = self.ring.places(self.written);
        for (&byte, place) in text.iter().zip(places).take(length) {
            place.store(byte, Ordering::Relaxed);
        }
        self.written = self.written.wrapping_add(length as u64);
        let published = &self.ring.cursors.written;
        published.store(self.written, Ordering::Release);
        Ok(length)
    }
}

impl<'a> Consumer<'a> {
    /// Creates the side that reads, of a ring from which nothing was read.
    pub fn new(cursors: &'a Cursors, bytes: &'a [AtomicU8]) -> Self {
        let ring = Ring { cursors, bytes };
        Self { ring, read: 0 }
    }

    /// Continues where this side stopped. Only for a ring that no other program can write to.
    pub fn resume(cursors: &'a Cursors, bytes: &'a [AtomicU8]) -> Self {
        let read = cursors.read.load(Ordering::Relaxed);
        let ring = Ring { cursors, bytes };
        Self { ring, read }
    }

    /// Returns the number of bytes that can be read.
    ///
    /// # Errors
    ///
    /// Fails if the other side lies.
    pub fn unread(&self) -> Result<usize, Broken> {
        let written = self.ring.cursors.written.load(Ordering::Acquire);
        self.ring.unread(written, self.read)
    }

    /// Reads up to `buffer.len()` bytes. Returns the number of bytes read.
    ///
    /// # Errors
    ///
    /// Fails if the other side lies.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        let length = buffer.len().min(self.unread()?);
        let places = self.ring.places(self.read);
        for (byte, place) in buffer.iter_mut().zip(places).take(length) {
            *byte = place.load(Ordering::Relaxed);
        }
        self.read = self.read.wrapping_add(length as u64);
        let published = &self.ring.cursors.read;
        published.store(self.read, Ordering::Release);
        Ok(length)
    }
}

impl Ring<'_> {
    /// Returns the number of bytes between two cursors, if the ring can hold as many.
    fn unread(&self, written: u64, read: u64) -> Result<usize, Broken> {
        let unread = usize::try_from(written.wrapping_sub(read)).ok();
        let possible = unread.filter(|&unread| unread <= self.bytes.len());
        possible.ok_or(Broken)
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

    use super::{Broken, Consumer, Cursors, Producer};

    #[test]
    fn bytes_come_through_in_order() {
        let cursors = Cursors::default();
        let bytes: [AtomicU8; 5] = Default::default();
        let mut producer = Producer::new(&cursors, &bytes);
        let mut consumer = Consumer::new(&cursors, &bytes);
        let mut buffer = [0; 4];
        assert_eq!(producer.write(b"abcdefgh"), Ok(5));
        assert_eq!(consumer.unread(), Ok(5));
        assert_eq!(consumer.read(&mut buffer), Ok(4));
        assert_eq!(&buffer, b"abcd");
        assert_eq!(producer.room(), Ok(4));
        assert_eq!(producer.write(b"fghij"), Ok(4));
        assert_eq!(consumer.read(&mut buffer), Ok(4));
        assert_eq!(&buffer, b"efgh");
        assert_eq!(consumer.read(&mut buffer), Ok(1));
        assert_eq!(consumer.read(&mut buffer), Ok(0));
    }

    #[test]
    fn impossible_cursors_break_the_ring() {
        let bytes: [AtomicU8; 3] = Default::default();
        for lie in [4, u64::MAX, 1 << 63] {
            let cursors = Cursors::default();
            cursors.written.store(lie, Ordering::Relaxed);
            let mut consumer = Consumer::new(&cursors, &bytes);
            assert_eq!(consumer.unread(), Err(Broken));
            assert_eq!(consumer.read(&mut [0; 10]), Err(Broken));
        }
        for lie in [1, 4, 1 << 63] {
            let cursors = Cursors::default();
            cursors.read.store(lie, Ordering::Relaxed);
            let mut producer = Producer::new(&cursors, &bytes);
            assert_eq!(producer.room(), Err(Broken));
            assert_eq!(producer.write(b"x"), Err(Broken));
        }
        let none = Cursors::default();
        assert_eq!(Producer::new(&none, &[]).write(b"x"), Ok(0));
    }

    #[test]
    fn a_side_keeps_its_own_cursor() {
        let cursors = Cursors::default();
        let bytes: [AtomicU8; 3] = Default::default();
        let mut producer = Producer::new(&cursors, &bytes);
        let mut consumer = Consumer::new(&cursors, &bytes);
        assert_eq!(producer.write(b"ab"), Ok(2));
        assert_eq!(consumer.read(&mut [0; 3]), Ok(2));
        // The other side changes the copies, to have the same bytes read again and again.
        cursors.read.store(0, Ordering::Relaxed);
        assert_eq!(producer.room(), Ok(1));
        assert_eq!(consumer.read(&mut [0; 3]), Ok(0));
    }
}
