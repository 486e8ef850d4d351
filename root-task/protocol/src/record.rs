// SPDX-License-Identifier: BSD-2-Clause

//! Records in messages.

use crate::message::{Malformed, Reader, Writer};

/// The longest text of a record, in bytes. Longer ones are cut, so that each record fits a message.
pub const RECORD_TEXT: usize = 96;

/// A part of a message: a record, or a field of one.
pub trait Record<'a>: Sized {
    /// Writes it.
    fn write(&self, writer: &mut Writer<'_>);

    /// Reads it.
    ///
    /// # Errors
    ///
    /// Fails if the words are malformed.
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed>;
}

/// Appends a record to a message, or nothing if it doesn't fit. Returns whether it fits.
pub fn append<'a>(writer: &mut Writer<'_>, record: &impl Record<'a>) -> bool {
    writer.whole(|writer| record.write(writer))
}

/// Reads all records of an answer. The first malformed one is the last.
pub fn records<'a, T: Record<'a>>(words: &'a [u64]) -> impl Iterator<Item = Result<T, Malformed>> {
    let mut reader = Some(Reader::new(words));
    core::iter::from_fn(move || {
        let mut rest = reader.take().filter(|rest| !rest.is_at_end())?;
        let record = T::read(&mut rest);
        reader = record.is_ok().then_some(rest);
        Some(record)
    })
}

impl Record<'_> for u64 {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.word(*self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        reader.word()
    }
}

impl Record<'_> for [u64; 4] {
    fn write(&self, writer: &mut Writer<'_>) {
        self.iter().for_each(|word| word.write(writer));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut words = [0; 4];
        for word in &mut words {
            *word = reader.word()?;
        }
        Ok(words)
    }
}

impl<'a> Record<'a> for &'a str {
    fn write(&self, writer: &mut Writer<'_>) {
        let (text, _) = self.split_at(self.floor_char_boundary(RECORD_TEXT));
        writer.text(text.as_bytes());
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        reader.borrowed_text()
    }
}

impl<'a, T: Record<'a>> Record<'a> for Option<T> {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.word(self.is_some().into());
        self.iter().for_each(|value| value.write(writer));
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        match reader.word()? {
            0 => Ok(None),
            _ => T::read(reader).map(Some),
        }
    }
}
