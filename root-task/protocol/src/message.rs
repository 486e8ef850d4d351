// SPDX-License-Identifier: BSD-2-Clause

//! Words and text of messages.

use thiserror::Error;
use zerocopy::{IntoBytes, TryFromBytes};

use crate::text::{Bytes, Text};

const WORD: usize = size_of::<u64>();

/// Error: a message is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the message is malformed")]
pub struct Malformed;

/// Writes a message.
#[derive(Debug)]
pub struct Writer<'a> {
    words: &'a mut [u64],
    length: usize,
    /// Whether a word didn't fit.
    is_cut: bool,
}

impl<'a> Writer<'a> {
    /// Creates a writer to `words`.
    pub fn new(words: &'a mut [u64]) -> Self {
        Self {
            words,
            length: 0,
            is_cut: false,
        }
    }

    /// Writes a word, or nothing if the message is full.
    pub fn word(&mut self, word: u64) -> &mut Self {
        match self.words.get_mut(self.length) {
            Some(free) => {
                *free = word;
                self.length += 1;
            }
            None => self.is_cut = true,
        }
        self
    }

    /// Writes a text: its length in bytes, then its bytes in words, padded with zeros.
    pub fn text(&mut self, text: &[u8]) -> &mut Self {
        self.word(text.len() as u64);
        for chunk in text.chunks(WORD) {
            let bytes = chunk.iter().rev();
            self.word(bytes.fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
        self
    }

    /// Writes with `write`, or nothing if it doesn't fit. Returns whether it fits.
    pub(crate) fn whole(&mut self, write: impl FnOnce(&mut Self)) -> bool {
        let before = self.length;
        write(self);
        if self.is_cut {
            self.length = before;
        }
        !self.is_cut
    }

    /// Returns the number of words written.
    pub fn length(&self) -> usize {
        self.length
    }
}

/// Reads a message.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u64]);

impl<'a> Reader<'a> {
    /// Creates a reader of `words`.
    pub fn new(words: &'a [u64]) -> Self {
        Self(words)
    }

    /// Reads a word.
    ///
    /// # Errors
    ///
    /// Fails after the last word.
    pub fn word(&mut self) -> Result<u64, Malformed> {
        self.0.split_off_first().copied().ok_or(Malformed)
    }

    /// Whether all words are read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a word that numbers a variant of the enum `T`.
    ///
    /// # Errors
    ///
    /// Fails if there is no such variant, or after the last word.
    pub(crate) fn choice<T: TryFromBytes>(&mut self) -> Result<T, Malformed> {
        T::try_read_from_bytes(&self.word()?.to_ne_bytes()).map_err(|_| Malformed)
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// Fails if the text is longer than the message or [`TEXT_LIMIT`](crate::TEXT_LIMIT).
    pub fn text(&mut self) -> Result<Text, Malformed> {
        self.bytes()
    }

    /// Reads bytes, which are written like a text.
    ///
    /// # Errors
    ///
    /// Fails if there are more than `MOST`, or more than in the message.
    pub fn bytes<const MOST: usize>(&mut self) -> Result<Bytes<MOST>, Malformed> {
        let (words, length) = self.text_words(MOST)?;
        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
        Ok(bytes.take(length).collect())
    }

    /// Reads a text without copying it, on little-endian machines.
    ///
    /// # Errors
    ///
    /// Fails if the text is longer than the message, or isn't UTF-8.
    pub(crate) fn borrowed_text(&mut self) -> Result<&'a str, Malformed> {
        let (words, length) = self.text_words(usize::MAX)?;
        let bytes = words.as_bytes().get(..length).ok_or(Malformed)?;
        str::from_utf8(bytes).map_err(|_| Malformed)
    }

    fn text_words(&mut self, most: usize) -> Result<(&'a [u64], usize), Malformed> {
        let length = usize::try_from(self.word()?).map_err(|_| Malformed)?;
        if length > most {
            return Err(Malformed);
        }
        let words = self.0.split_off(..length.div_ceil(WORD));
        Ok((words.ok_or(Malformed)?, length))
    }
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Reader, Writer};
    use crate::text::{TEXT_LIMIT, Text};

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
        assert_eq!(reader.text(), Ok(Text::default()));
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
        let mut text = Text::default();
        for _ in 0..1000 {
            text.push(b'x');
        }
        assert_eq!(text.as_str().len(), TEXT_LIMIT);
        let mut words = [0; 3];
        assert_eq!(Writer::new(&mut words).text(&[1; 100]).length(), 3);
    }
}
