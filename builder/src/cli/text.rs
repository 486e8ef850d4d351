// SPDX-License-Identifier: BSD-2-Clause

//! Text for a terminal.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::access;

/// Writes `text` to standard output. Its colours, if it has any, are left out where nobody sees them, or with
/// NO_COLOR.
///
/// # Errors
///
/// Returns why there is no room for it. Whoever doesn't read to the end doesn't want to know.
pub(super) fn print(text: impl Display) -> Result<(), Diagnostic> {
    let mut out = anstream::stdout().lock();
    written(write!(out, "{text}").and_then(|()| out.flush()))
}

/// What to say of the `result` of writing to standard output.
pub(super) fn written(result: io::Result<()>) -> Result<(), Diagnostic> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let origin = Origin::new(Flag::Output, "");
            Err(access::unwritable(origin, "can't be written", &error))
        }
        _ => Ok(()),
    }
}

/// Letters in a line.
const WIDTH: usize = 80;

/// `text`, a paragraph, in lines.
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

/// Letters in a line where there is no terminal.
const WIDE: usize = 100;

/// Letters in a line of the terminal.
pub(super) fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(WIDE, |(width, _)| width.0.into())
}
