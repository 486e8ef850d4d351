// SPDX-License-Identifier: BSD-2-Clause

//! Typed calls to services: what a call and its answer carry.
//!
//! A service and its clients share one list of calls, which [`calls!`](crate::calls!) makes. The compiler
//! refuses a call or an answer that could be longer than a message.

use core::fmt::Debug;
use core::marker::PhantomData;

use crate::data::{Data, MESSAGE_WORDS, write};
use crate::message::Malformed;

/// The calls to a service; [`calls!`](crate::calls!) implements it.
pub trait Calls: Debug + Sized {
    /// Writes a call. Returns its label and the number of words.
    fn encode(&self, words: &mut [u64]) -> (u64, usize);

    /// Reads a call.
    ///
    /// # Errors
    ///
    /// Fails if there is no such call.
    fn decode(label: u64, words: &[u64]) -> Result<Self, Malformed>;
}

/// The type of a call's answer, beside the call's data.
#[derive(Debug)]
pub struct Reply<T>(PhantomData<T>);

impl<T> Default for Reply<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: Data> Reply<T> {
    /// Sets the answer.
    pub fn with(self, answer: &mut Answer, value: &T) {
        answer.length = write(value, &mut answer.words);
    }
}

/// The words of an answer. A client takes an answer that isn't set for `()`.
#[derive(Debug)]
pub struct Answer {
    words: [u64; MESSAGE_WORDS],
    length: usize,
}

impl Default for Answer {
    fn default() -> Self {
        let (words, length) = ([0; MESSAGE_WORDS], 0);
        Self { words, length }
    }
}

impl Answer {
    /// Returns the words.
    pub fn words(&self) -> &[u64] {
        self.words.get(..self.length).unwrap_or_default()
    }

    /// Removes all words.
    pub fn clear(&mut self) {
        self.length = 0;
    }
}

/// Makes an enum of the calls to a service: the name of each, what it carries, what its answer carries,
/// and its label.
///
/// ```
/// # use kaal_protocol::{Answer, Calls, Text, calls};
/// calls! {
///     /// Calls to the service `counter`.
///     pub enum Counter {
///         /// Adds a number, and answers the sum.
///         Add(u64) -> u64 = 1,
///         /// Answers the sum of the counter of this name.
///         Named(Text) -> (u64, bool) = 2,
///     }
/// }
///
/// let (mut answer, sum) = (Answer::default(), 5);
/// match Counter::decode(1, &[7]) {
///     Ok(Counter::Add(number, reply)) => reply.with(&mut answer, &(sum + number)),
///     Ok(Counter::Named(_, reply)) => reply.with(&mut answer, &(sum, true)),
///     Err(_) => {}
/// }
/// assert_eq!(answer.words(), [12]);
/// ```
///
/// The compiler refuses a call that is longer than a message:
///
/// ```compile_fail
/// # use kaal_protocol::{Bytes, Calls, calls};
/// calls! {
///     /// 953 bytes and their length are 121 words.
///     pub enum Long {
///         /// Sends them.
///         Send(Bytes<953>) -> () = 1,
///     }
/// }
/// let call = Long::decode(1, &[0]);
/// call.map(|call| call.encode(&mut []));
/// ```
#[macro_export]
macro_rules! calls {
    (
        $(#[$about:meta])*
        $visibility:vis enum $calls:ident {
            $($(#[$about_call:meta])* $call:ident($argument:ty) -> $answer:ty = $label:literal),+ $(,)?
        }
    ) => {
        $(#[$about])*
        #[derive(Debug)]
        #[allow(clippy::large_enum_variant, reason = "a call stays on the stack for a moment")]
        $visibility enum $calls {
            $($(#[$about_call])* $call($argument, $crate::Reply<$answer>)),+
        }

        impl $crate::Calls for $calls {
            fn encode(&self, words: &mut [u64]) -> (u64, usize) {
                match self {
                    $(Self::$call(argument, _) => ($label, $crate::write(argument, words))),+
                }
            }

            fn decode(label: u64, words: &[u64]) -> Result<Self, $crate::Malformed> {
                Ok(match label {
                    $($label => Self::$call($crate::read(words)?, Default::default()),)+
                    _ => return Err($crate::Malformed),
                })
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::{Answer, Calls, Reply};
    use crate::data::{MESSAGE_BYTES, MESSAGE_WORDS, read};
    use crate::message::Malformed;
    use crate::text::{Bytes, Text};

    crate::calls! {
        enum Counter {
            Add(u64) -> u64 = 1,
            Name((Text, bool)) -> Text = 2,
            Fill(Bytes<MESSAGE_BYTES>) -> () = 7,
        }
    }

    #[test]
    fn calls_survive() {
        let mut words = [0; MESSAGE_WORDS];
        let (label, length) = Counter::Add(5, Reply::default()).encode(&mut words);
        let call = Counter::decode(label, &words[..length]);
        assert!(matches!(call, Ok(Counter::Add(5, _))));
        let name = Counter::Name((Text::from("sum"), true), Reply::default());
        let (label, length) = name.encode(&mut words);
        let call = Counter::decode(label, &words[..length]);
        let Ok(Counter::Name((name, true), _)) = call else {
            panic!("{call:?}");
        };
        assert_eq!(name.as_str(), "sum");
    }

    #[test]
    fn the_longest_call_loses_nothing() {
        let bytes: Bytes<MESSAGE_BYTES> = (0..=u8::MAX).cycle().take(MESSAGE_BYTES).collect();
        let mut words = [0; MESSAGE_WORDS];
        let call = Counter::Fill(bytes.clone(), Reply::default());
        assert_eq!(call.encode(&mut words), (7, MESSAGE_WORDS));
        let Ok(Counter::Fill(arrived, _)) = Counter::decode(7, &words) else {
            panic!("refused");
        };
        assert!(arrived == bytes);
    }

    #[test]
    fn malformed_calls_are_refused() {
        for (label, words) in [
            (0, &[][..]),
            (3, &[1]),
            (1, &[]),
            (1, &[1, 2]),
            (2, &[0]),
            (2, &[0, 2]),
            (2, &[9, 0, 1]),
            (7, &[u64::MAX]),
            (7, &[MESSAGE_BYTES as u64 + 1; MESSAGE_WORDS]),
        ] {
            let call = Counter::decode(label, words);
            assert_eq!(call.err(), Some(Malformed), "{label} {words:?}");
        }
    }

    #[test]
    fn answers_carry_data() {
        let mut answer = Answer::default();
        let Ok(Counter::Name((name, _), reply)) = Counter::decode(2, &[1, 0x61, 0]) else {
            panic!("refused");
        };
        reply.with(&mut answer, &name);
        assert_eq!(read(answer.words()), Ok(Text::from("a")));
        assert_eq!(read::<()>(answer.words()), Err(Malformed));
        answer.clear();
        assert_eq!(read(answer.words()), Ok(()));
    }

    #[test]
    fn too_many_bytes_are_an_error() {
        assert!(Bytes::<3>::try_from(&b"abc"[..]).is_ok());
        assert!(Bytes::<3>::try_from(&b"abcd"[..]).is_err());
    }
}
