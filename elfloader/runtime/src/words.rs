// SPDX-License-Identifier: BSD-2-Clause

//! Words for numbers, in little room: a `match` would take sixteen bytes of code for each.

/// The text for a number, if there is one: `words!(number; 1 => "one", 2 => "two")`.
#[macro_export]
macro_rules! words {
    ($number:expr; $($known:literal => $text:literal),+ $(,)?) => {
        $crate::words::find(
            $number,
            &[$(($known, $text.len() as u8)),+],
            concat!($($text),+),
        )
    };
}

/// The text whose number is `number`, of those that lie one behind the other in `texts`: `known` has
/// their numbers and lengths.
#[inline(never)]
pub fn find(number: u64, known: &[(u8, u8)], texts: &'static str) -> Option<&'static str> {
    let mut start = 0;
    for &(candidate, length) in known {
        let end = start + usize::from(length);
        if u64::from(candidate) == number {
            return texts.get(start..end);
        }
        start = end;
    }
    None
}
