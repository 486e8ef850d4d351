// SPDX-License-Identifier: BSD-2-Clause

//! Explains the addresses in a console log: program, function and source line.
//!
//! Loader, unpacker, kernel, root task and firmware each report faults in their own form, which changes from version to
//! version. But all print addresses in hexadecimal. So the module looks up each number that is an address in a
//! function: the program counter of a fault, the link register, a word on the stack. Position-independent programs
//! print a name and a distance instead, such as `loader+0x1234`. It also describes the exception syndrome.

mod components;
mod numbers;
mod program;
mod syndrome;

use std::collections::HashMap;
use std::ops::Range;

use numbers::{Role, numbers};

use crate::printable;

pub(crate) use components::Components;
pub(crate) use program::Program;

/// An address is explained once within this many lines.
const NEARBY: usize = 24;

/// Start of the loader's line about an ordinary boot. It holds the kernel's entry point, which needs no explanation.
const GREETING: &str = "KaaL ";

/// Start of each line that explains.
pub(crate) const MARK: &str = "| ";

/// Explains a log line by line.
pub(crate) struct Explainer {
    /// The programs in which addresses are looked up: those given, then those of components that the log names.
    programs: Vec<Program>,
    /// Number of programs given.
    given: usize,
    components: Components,
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
    pub(crate) fn new(programs: Vec<Program>, components: Components) -> Self {
        Self {
            given: programs.len(),
            programs,
            components,
            recent: Recent::default(),
        }
    }

    /// Whether it has explained nothing yet.
    pub(crate) fn is_idle(&self) -> bool {
        self.recent.explained.is_empty()
    }

    /// The names of the programs given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let given = self.programs.iter().take(self.given);
        given.map(|program| program.name.as_str())
    }

    /// The indexes of the programs whose addresses `line` can hold, or else the component that lacks a program.
    fn candidates<'a>(&mut self, line: &'a str) -> Result<Range<usize>, &'a str> {
        let Some(name) = components::name(line) else {
            return Ok(0..self.given);
        };
        let mut programs = self.programs.iter();
        let known = programs.position(|program| program.name == name);
        let index = match known {
            Some(index) => index,
            None => {
                let program = self.components.read(name).ok_or(name)?;
                self.programs.push(program);
                self.programs.len() - 1
            }
        };
        Ok(index..index + 1)
    }

    /// Explains the next line in zero or more lines of text.
    pub(crate) fn explain(&mut self, line: &str) -> String {
        self.recent.line += 1;
        let mut text = String::new();
        if line.starts_with(GREETING) {
            return text;
        }
        let candidates = match self.candidates(line) {
            Ok(candidates) => candidates,
            Err(name) => {
                return explanation(&format!(
                    "{name}: no program of this name; pass its folder to --components"
                ));
            }
        };
        for number in numbers(line) {
            if number.role == Role::Syndrome
                && let Some(what) = syndrome::describe(number.value)
            {
                if self.recent.is_new(None, number.value) {
                    text += &explanation(&format!("{}: {what}", number.text));
                }
                continue;
            }
            for index in candidates.clone() {
                let program = &self.programs[index];
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
