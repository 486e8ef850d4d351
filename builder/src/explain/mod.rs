// SPDX-License-Identifier: BSD-2-Clause

//! Explains the addresses in a console log: program, function and source line.
//!
//! Loader, unpacker, kernel, root task and firmware each report faults in their own form, which changes from version to
//! version. But all print addresses in hexadecimal. So the module looks up each number that is an address in a
//! function: the program counter of a fault, the link register, a word on the stack. Position-independent programs
//! print a name and a distance instead, such as `loader+0x1234`. It also describes the exception syndrome.

mod numbers;
mod program;
mod syndrome;

use std::collections::HashMap;

use numbers::{Role, numbers};

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
    programs: Vec<Program>,
    recent: Recent,
}

/// What was explained, and where.
#[derive(Default)]
struct Recent {
    line: usize,
    /// The last line that explained an address in the program with an index, or else a syndrome.
    explained: HashMap<(Option<usize>, u64), usize>,
}

impl Recent {
    /// Whether no line nearby explained `value`.
    fn is_new(&mut self, program: Option<usize>, value: u64) -> bool {
        let before = self.explained.insert((program, value), self.line);
        before.is_none_or(|before| self.line - before > NEARBY)
    }
}

impl Explainer {
    pub(crate) fn new(programs: Vec<Program>) -> Self {
        Self {
            programs,
            recent: Recent::default(),
        }
    }

    /// Whether it has explained nothing yet.
    pub(crate) fn is_idle(&self) -> bool {
        self.recent.explained.is_empty()
    }

    /// The names of the programs given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.programs.iter().map(|program| program.name.as_str())
    }

    /// Explains the next line in zero or more lines of text.
    pub(crate) fn explain(&mut self, line: &str) -> String {
        self.recent.line += 1;
        let mut text = String::new();
        if line.starts_with(GREETING) {
            return text;
        }
        for number in numbers(line) {
            if number.role == Role::Syndrome
                && let Some(what) = syndrome::describe(number.value)
            {
                if self.recent.is_new(None, number.value) {
                    text += &explanation(&format!("{}: {what}", number.text));
                }
                continue;
            }
            for (index, program) in self.programs.iter().enumerate() {
                let Some(place) = program.place(&number) else {
                    continue;
                };
                if self.recent.is_new(Some(index), place.address) {
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
