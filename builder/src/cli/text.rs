// SPDX-License-Identifier: BSD-2-Clause

//! Text on standard output.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::access;
use crate::printable;

/// Prints `text`, which may hold text from outside, on standard output.
///
/// # Errors
///
/// Fails if the output can't be written. A closed pipe is no error.
pub(super) fn print(text: impl Display) -> Result<(), Diagnostic> {
    print_own(printable::lines(&text.to_string()))
}

/// Prints `text`, which holds nothing from outside, on standard output: without its colours unless that is a terminal,
/// or if NO_COLOR is set.
///
/// # Errors
///
/// Fails as [`print`] does.
pub(super) fn print_own(text: impl Display) -> Result<(), Diagnostic> {
    let mut out = anstream::stdout().lock();
    written(write!(out, "{text}").and_then(|()| out.flush()))
}

/// Turns the `result` of writing to standard output into a diagnostic.
pub(super) fn written(result: io::Result<()>) -> Result<(), Diagnostic> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let origin = Origin::new(Flag::Output, "");
            Err(access::unwritable(origin, "can't be written", &error))
        }
        _ => Ok(()),
    }
}

/// Width of a line.
const WIDTH: usize = 80;

/// Breaks the paragraph `text` into lines.
pub(super) fn wrap(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Width of a line without a terminal.
const WIDE: usize = 100;

/// Width of the terminal.
pub(super) fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(WIDE, |(width, _)| width.0.into())
}
