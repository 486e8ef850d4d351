// SPDX-License-Identifier: BSD-2-Clause

//! Values that messages carry.

use core::fmt::Debug;

use crate::message::{Malformed, Reader, Writer};
use crate::text::Bytes;

/// Maximum number of words in a message (seL4: `seL4_MsgMaxLength`).
pub const MESSAGE_WORDS: usize = 120;

/// Maximum number of bytes in a message, besides the word of their length.
pub const MESSAGE_BYTES: usize = (MESSAGE_WORDS - 1) * size_of::<u64>();

/// A value that a message carries: a word, a truth value, bytes, or up to three such values.
pub trait Data: Debug + Sized {
    /// Maximum number of words.
    const MOST: usize;

    /// Writes the value.
    fn write(&self, words: &mut Writer<'_>);

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// Fails if the words are no such value.
    fn read(words: &mut Reader<'_>) -> Result<Self, Malformed>;
}

impl Data for u64 {
    const MOST: usize = 1;

    fn write(&self, words: &mut Writer<'_>) {
        words.word(*self);
    }

    fn read(words: &mut Reader<'_>) -> Result<Self, Malformed> {
        words.word()
    }
}

impl Data for bool {
    const MOST: usize = 1;

    fn write(&self, words: &mut Writer<'_>) {
        words.word((*self).into());
    }

    fn read(words: &mut Reader<'_>) -> Result<Self, Malformed> {
        match words.word()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }
}

impl<const MOST: usize> Data for Bytes<MOST> {
    const MOST: usize = 1 + MOST.div_ceil(size_of::<u64>());

    fn write(&self, words: &mut Writer<'_>) {
        words.text(self.as_bytes());
    }

    fn read(words: &mut Reader<'_>) -> Result<Self, Malformed> {
        words.bytes()
    }
}

/// Implements [`Data`] for values one after another.
macro_rules! sequence {
    ($($part:ident),*) => {
        impl<$($part: Data),*> Data for ($($part,)*) {
            const MOST: usize = 0 $(+ $part::MOST)*;

            #[allow(non_snake_case, reason = "each part is named after its type")]
            fn write(&self, _words: &mut Writer<'_>) {
                let ($($part,)*) = self;
                $($part.write(_words);)*
            }

            fn read(_words: &mut Reader<'_>) -> Result<Self, Malformed> {
                Ok(($($part::read(_words)?,)*))
            }
        }
    };
}

sequence!();
sequence!(A, B);
sequence!(A, B, C);

/// Writes a value to a message. Returns the number of words.
pub fn write<T: Data>(value: &T, words: &mut [u64]) -> usize {
    const { assert!(T::MOST <= MESSAGE_WORDS, "longer than a message") };
    let mut writer = Writer::new(words);
    value.write(&mut writer);
    writer.length()
}

/// Reads a whole message.
///
/// # Errors
///
/// Fails if the words are no such value, or more.
pub fn read<T: Data>(words: &[u64]) -> Result<T, Malformed> {
    let mut reader = Reader::new(words);
    let value = T::read(&mut reader)?;
    reader.is_at_end().then_some(value).ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::message::Malformed;

    #[test]
    fn values_survive_one_after_another() {
        let mut words = [0; 3];
        assert_eq!(write(&(1, (true, 2)), &mut words), 3);
        assert_eq!(words, [1, 1, 2]);
        assert_eq!(read(&words), Ok((1, (true, 2))));
        assert_eq!(read::<(u64, bool)>(&words), Err(Malformed));
    }
}
