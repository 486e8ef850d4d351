// SPDX-License-Identifier: BSD-2-Clause

//! Small tables of numbers and their meanings: each line is a number, as one byte, and a text.

use core::fmt::{self, Write};

/// The text for `number` in `lines`, if there is one.
pub fn meaning(lines: &'static [u8], number: u64) -> Option<Meaning> {
    let mut lines = lines.split(|&byte| byte == b'\n');
    let line = lines.find(|line| {
        line.first()
            .is_some_and(|&first| u64::from(first) == number)
    })?;
    line.get(1..).map(Meaning)
}

/// A text in ASCII.
pub struct Meaning(pub &'static [u8]);

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.0.iter();
        text.try_for_each(|&byte| f.write_char(byte.into()))
    }
}
