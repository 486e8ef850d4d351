// SPDX-License-Identifier: BSD-2-Clause

//! Words of a message, and text in them.

use core::fmt;

use thiserror::Error;

/// The longest text, in bytes.
pub const TEXT_LIMIT: usize = 512;

const WORD: usize = size_of::<u64>();

/// A message that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the message is malformed")]
pub struct Malformed;

/// A text of at most [`TEXT_LIMIT`] bytes. What is written beyond that is left out.
#[derive(Clone)]
pub struct Text {
    bytes: [u8; TEXT_LIMIT],
    length: usize,
}

impl Text {
    /// No text.
    pub const fn new() -> Self {
        Self {
            bytes: [0; TEXT_LIMIT],
            length: 0,
        }
    }

    /// The text; up to the first byte that is no UTF-8.
    pub fn as_str(&self) -> &str {
        let bytes = self.as_bytes();
        match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => bytes
                .get(..error.valid_up_to())
                .and_then(|valid| str::from_utf8(valid).ok())
                .unwrap_or_default(),
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Adds a byte, if there is room. Returns whether there was.
    pub fn push(&mut self, byte: u8) -> bool {
        match self.bytes.get_mut(self.length) {
            Some(free) => {
                *free = byte;
                self.length += 1;
                true
            }
            None => false,
        }
    }

    /// Takes the last byte off.
    pub fn pop(&mut self) -> Option<u8> {
        self.length = self.length.checked_sub(1)?;
        self.bytes.get(self.length).copied()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut copy = Self::new();
        for byte in text.bytes() {
            copy.push(byte);
        }
        copy
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
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

/// Writes words.
#[derive(Debug)]
pub struct Writer<'a> {
    words: &'a mut [u64],
    length: usize,
}

impl<'a> Writer<'a> {
    /// Writes to `words`, from the first on.
    pub fn new(words: &'a mut [u64]) -> Self {
        Self { words, length: 0 }
    }

    /// Writes a word; beyond the last one, nothing.
    pub fn word(&mut self, word: u64) -> &mut Self {
        if let Some(free) = self.words.get_mut(self.length) {
            *free = word;
            self.length += 1;
        }
        self
    }

    /// Writes a text.
    pub fn text(&mut self, text: &[u8]) -> &mut Self {
        self.word(text.len() as u64);
        for chunk in text.chunks(WORD) {
            let mut bytes = [0; WORD];
            for (to, from) in bytes.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.word(u64::from_le_bytes(bytes));
        }
        self
    }

    /// Words written.
    pub fn length(&self) -> usize {
        self.length
    }
}

/// Reads words.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    words: &'a [u64],
}

impl<'a> Reader<'a> {
    /// Reads `words`, from the first on.
    pub fn new(words: &'a [u64]) -> Self {
        Self { words }
    }

    /// The next word.
    ///
    /// # Errors
    ///
    /// Fails behind the last one.
    pub fn word(&mut self) -> Result<u64, Malformed> {
        let (first, rest) = self.words.split_first().ok_or(Malformed)?;
        self.words = rest;
        Ok(*first)
    }

    /// The next text.
    ///
    /// # Errors
    ///
    /// Fails where it is longer than the message or [`TEXT_LIMIT`].
    pub fn text(&mut self) -> Result<Text, Malformed> {
        let length = usize::try_from(self.word()?).map_err(|_| Malformed)?;
        if length > TEXT_LIMIT {
            return Err(Malformed);
        }
        let mut text = Text::new();
        while text.length < length {
            for byte in self.word()?.to_le_bytes() {
                if text.length < length {
                    text.push(byte);
                }
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Reader, TEXT_LIMIT, Text, Writer};

    #[test]
    fn text_survives() {
        let mut words = [0; 100];
        let length = Writer::new(&mut words)
            .word(7)
            .text(b"hello, world")
            .text(b"")
            .length();
        let mut reader = Reader::new(&words[..length]);
        assert_eq!(reader.word(), Ok(7));
        assert_eq!(reader.text(), Ok(Text::from("hello, world")));
        assert_eq!(reader.text(), Ok(Text::new()));
        assert_eq!(reader.word(), Err(Malformed));
    }

    #[test]
    fn lies_about_the_length_are_refused() {
        for length in [9, TEXT_LIMIT as u64 + 1, u64::MAX] {
            assert_eq!(Reader::new(&[length, 0]).text(), Err(Malformed));
        }
    }

    #[test]
    fn too_long_is_cut() {
        let mut text = Text::new();
        for _ in 0..1000 {
            text.push(b'x');
        }
        assert_eq!(text.as_str().len(), TEXT_LIMIT);
        let mut words = [0; 3];
        assert_eq!(Writer::new(&mut words).text(&[1; 100]).length(), 3);
    }
}
