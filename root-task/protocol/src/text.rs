// SPDX-License-Identifier: BSD-2-Clause

//! Text of bounded length.

use core::fmt;

/// The longest text, in bytes.
pub const TEXT_LIMIT: usize = 512;

/// A text of at most [`TEXT_LIMIT`] bytes. Bytes beyond the limit are dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// Zero from `length` on, so that equal texts have equal arrays.
    bytes: [u8; TEXT_LIMIT],
    length: usize,
}

impl Text {
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

impl Default for Text {
    fn default() -> Self {
        let (bytes, length) = ([0; TEXT_LIMIT], 0);
        Self { bytes, length }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.bytes().collect()
    }
}

impl FromIterator<u8> for Text {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Self {
        let mut text = Self::default();
        for byte in bytes {
            text.push(byte);
        }
        text
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.push(byte);
        }
        Ok(())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}
