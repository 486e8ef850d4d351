// SPDX-License-Identifier: BSD-2-Clause

//! Explains the addresses in what a console showed: which function of which program, at which line of
//! its source.
//!
//! Reports of faults come from the loader, the unpacker, the kernel and the root task, each in a form of
//! its own, which changes from version to version. All have in common that they print addresses in
//! hexadecimal. So each number is looked up that is the address of a function: the program counter of a
//! fault, the link register, a word on the stack that is printed with it. Programs that may lie
//! anywhere are known by name and distance, as in `loader+0x1234`, which their own reports say.

mod numbers;
mod program;

use std::collections::HashMap;

use numbers::numbers;

pub(crate) use program::{Kind, Program};

/// Lines in which an address is explained once.
const NEARBY: usize = 24;

/// The start of the line that the loader prints of every boot. It names the kernel's entry point, in
/// which there is nothing to explain.
const GREETING: &str = "KaaL ";

/// Explains the lines of a log, one after the other.
pub(crate) struct Explainer {
    /// The programs in whose code addresses are looked for.
    pub(crate) programs: Vec<Program>,
    line: usize,
    /// The line in which an address of a program was explained last.
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

    /// Whether nothing has been explained yet.
    pub(crate) fn is_idle(&self) -> bool {
        self.explained.is_empty()
    }

    /// Explains the next line: text of zero or more lines, each with its end.
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
                    text += &format!("| {}: {}, {place}\n", number.text, program.name);
                    for frame in program.frames(&place) {
                        text += &format!("|   {frame}\n");
                    }
                }
            }
        }
        text
    }
}
