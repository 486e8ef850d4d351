// SPDX-License-Identifier: BSD-2-Clause

//! The reason of a component's failure, as the audit log keeps it.

use core::fmt::{self, Write};

/// Maximum number of bytes, because the log is always in memory.
const MOST: usize = 120;

/// A text of at most 120 bytes. The rest is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    bytes: [u8; MOST],
    length: u8,
}

impl Reason {
    /// Writes `reason`.
    pub fn new(reason: &dyn fmt::Display) -> Self {
        let (bytes, length) = ([0; MOST], 0);
        let mut text = Self { bytes, length };
        // A text that is full is an error.
        let _ = write!(text, "{reason}");
        text
    }
}

impl Write for Reason {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            let start = usize::from(self.length);
            let end = start + letter.len_utf8();
            let free = self.bytes.get_mut(start..end).ok_or(fmt::Error)?;
            letter.encode_utf8(free);
            self.length = end as u8;
        }
        Ok(())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes.get(..self.length.into());
        f.write_str(str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default())
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::{MOST, Reason};

    #[test]
    fn a_long_reason_is_cut_between_letters() {
        let reason = Reason::new(&"panicked at a.rs:1:2: no");
        assert_eq!(reason.to_string(), "panicked at a.rs:1:2: no");
        let long = "x".to_string() + &"\u{e4}".repeat(MOST);
        let reason = Reason::new(&long).to_string();
        assert_eq!(reason.len(), MOST - 1);
        assert!(long.starts_with(&reason));
    }
}
