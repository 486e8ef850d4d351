// SPDX-License-Identifier: BSD-2-Clause

//! Numbers in words, from tables in little room: lines of a number, as one byte, and what it means.

use core::fmt::{self, Write};

/// What `lines` say of a number, if anything.
pub fn meaning(lines: &'static [u8], number: u64) -> Option<Meaning> {
    let mut lines = lines.split(|&byte| byte == b'\n');
    let line = lines.find(|line| {
        line.first()
            .is_some_and(|&first| u64::from(first) == number)
    })?;
    line.get(1..).map(Meaning)
}

/// Text in ASCII.
pub struct Meaning(pub &'static [u8]);

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.0.iter();
        text.try_for_each(|&byte| f.write_char(byte.into()))
    }
}
