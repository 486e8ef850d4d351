// SPDX-License-Identifier: BSD-2-Clause

//! Bytes and text of bounded length.

use core::fmt;

use thiserror::Error;

/// The longest text, in bytes.
pub const TEXT_LIMIT: usize = 512;

/// At most `MOST` bytes. To collect or to format more drops the rest; [`TryFrom`] is an error then.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes<const MOST: usize> {
    /// Zero from `length` on, so that equal bytes have equal arrays.
    bytes: [u8; MOST],
    length: usize,
}

/// A text of at most [`TEXT_LIMIT`] bytes.
pub type Text = Bytes<TEXT_LIMIT>;

/// Error: there are more bytes than fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("more than {0} bytes")]
pub struct TooLong(pub usize);

impl<const MOST: usize> Bytes<MOST> {
    /// Returns the text up to the first byte that isn't UTF-8.
    pub fn as_str(&self) -> &str {
        let mut chunks = self.as_bytes().utf8_chunks();
        chunks.next().map_or("", |chunk| chunk.valid())
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Appends a byte. Returns false if the text is full.
    pub fn push(&mut self, byte: u8) -> bool {
        let Some(free) = self.bytes.get_mut(self.length) else {
            return false;
        };
        *free = byte;
        self.length += 1;
        true
    }

    /// Removes and returns the last byte.
    pub fn pop(&mut self) -> Option<u8> {
        self.length = self.length.checked_sub(1)?;
        self.bytes.get_mut(self.length).map(core::mem::take)
    }
}

impl<const MOST: usize> Default for Bytes<MOST> {
    fn default() -> Self {
        let (bytes, length) = ([0; MOST], 0);
        Self { bytes, length }
    }
}

impl<const MOST: usize> From<&str> for Bytes<MOST> {
    fn from(text: &str) -> Self {
        text.bytes().collect()
    }
}

impl<const MOST: usize> TryFrom<&[u8]> for Bytes<MOST> {
    type Error = TooLong;

    fn try_from(bytes: &[u8]) -> Result<Self, TooLong> {
        match bytes.len() <= MOST {
            true => Ok(bytes.iter().copied().collect()),
            false => Err(TooLong(MOST)),
        }
    }
}

impl<const MOST: usize> FromIterator<u8> for Bytes<MOST> {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Self {
        let mut text = Self::default();
        for byte in bytes {
            text.push(byte);
        }
        text
    }
}

impl<const MOST: usize> fmt::Write for Bytes<MOST> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.push(byte);
        }
        Ok(())
    }
}

impl<const MOST: usize> fmt::Debug for Bytes<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}
