// SPDX-License-Identifier: BSD-2-Clause

//! Explains the addresses in a console log: program, function and source line.
//!
//! Loader, unpacker, kernel and root task each report faults in their own form, which changes from version to version.
//! But all print addresses in hexadecimal. So the module looks up each number that is an address in a function: the
//! program counter of a fault, the link register, a word on the stack. Position-independent programs print a name and a
//! distance instead, such as `loader+0x1234`.

mod numbers;
mod program;

use std::collections::HashMap;

use numbers::numbers;

use crate::printable;

pub(crate) use program::Program;

/// An address is explained once within this many lines.
const NEARBY: usize = 24;

/// Start of the loader's line about an ordinary boot. It holds the kernel's entry point, which needs no explanation.
const GREETING: &str = "KaaL ";

/// Start of each line that explains.
pub(crate) const MARK: &str = "| ";

/// Explains a log line by line.
pub(crate) struct Explainer {
    /// The programs in which addresses are looked up.
    pub(crate) programs: Vec<Program>,
    line: usize,
    /// The last line that explained an address of a program.
    explained: HashMap<(usize, u64), usize>,
}

impl Explainer {
    pub(crate) fn new(programs: Vec<Program>) -> Self {
        Self {
            programs,
            line: 0,
            explained: HashMap::new(),
        }
    }

    /// Whether it has explained nothing yet.
    pub(crate) fn is_idle(&self) -> bool {
        self.explained.is_empty()
    }

    /// Explains the next line in zero or more lines of text.
    pub(crate) fn explain(&mut self, line: &str) -> String {
        self.line += 1;
        let mut text = String::new();
        if line.starts_with(GREETING) {
            return text;
        }
        for number in numbers(line) {
            for (index, program) in self.programs.iter().enumerate() {
                let Some(place) = program.place(&number) else {
                    continue;
                };
                let before = self.explained.insert((index, place.address), self.line);
                if before.is_none_or(|before| self.line - before > NEARBY) {
                    text += &explanation(&format!("{}: {}, {place}", number.text, program.name));
                    for frame in program.frames(&place) {
                        text += &explanation(&format!("  {frame}"));
                    }
                }
            }
        }
        text
    }
}

/// The line with the explanation `text`.
fn explanation(text: &str) -> String {
    format!("{MARK}{}\n", printable::line(text))
}
