// SPDX-License-Identifier: BSD-2-Clause

//! Text for a terminal.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes `text` to standard output.
pub(super) fn print(text: impl Display) {
    // Whoever doesn't read to the end doesn't want to know.
    let _ = write!(io::stdout(), "{text}");
}

/// Letters in a line.
const WIDTH: usize = 80;

/// `text`, a paragraph, in lines.
pub(super) fn wrap(text: &str) -> String {
    let mut wrapped = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        let fits = length + 1 + width <= WIDTH;
        match (length, fits) {
            (0, _) => {}
            (_, true) => wrapped.push(' '),
            (_, false) => wrapped.push('\n'),
        }
        length = if length > 0 && fits {
            length + 1 + width
        } else {
            width
        };
        wrapped.push_str(word);
    }
    wrapped
}

/// Letters in a line where there is no terminal.
const WIDE: usize = 100;

/// Letters in a line of the terminal.
pub(super) fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(WIDE, |(width, _)| width.0.into())
}
