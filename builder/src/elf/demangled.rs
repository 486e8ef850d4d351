// SPDX-License-Identifier: BSD-2-Clause

//! Names of functions as their source has them.

use std::fmt::{self, Write};

/// Bytes of the longest name. Any longer one is cut off: a hostile program's names may refer to each other, and
/// be far larger than its file when they are written out.
const LONGEST: usize = 1024;

/// The name that a symbol table has for a function, as its source has it: for Rust, with the path to it.
pub(crate) fn demangled(name: &str) -> String {
    let mut text = Bounded(String::new());
    // Cutting off what is too long is all that fails.
    let _ = write!(text, "{:#}", rustc_demangle::demangle(name));
    text.0
}

/// Takes text up to [`LONGEST`] bytes.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST - self.0.len();
        let end = text.floor_char_boundary(room);
        self.0.push_str(&text[..end]);
        match end == text.len() {
            true => Ok(()),
            false => Err(fmt::Error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, demangled};

    #[test]
    fn paths_are_kept_and_hashes_left_out() {
        let name = "_RNvCs1234_14kaal_elfloader4boot";
        assert_eq!(demangled(name), "kaal_elfloader::boot");
        let name = "_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE";
        assert_eq!(demangled(name), "core::fmt::Write::write_fmt");
        assert_eq!(demangled("map_kernel_window"), "map_kernel_window");
    }

    #[test]
    fn names_have_a_limit() {
        let longest = "x".repeat(LONGEST);
        assert_eq!(demangled(&longest), longest);
        assert_eq!(demangled(&"x".repeat(1 << 20)), longest);
        assert_eq!(demangled(&"é".repeat(LONGEST)), "é".repeat(LONGEST / 2));
        assert_eq!(
            demangled(&format!("x{}", "é".repeat(LONGEST))).len(),
            LONGEST - 1
        );
    }
}
