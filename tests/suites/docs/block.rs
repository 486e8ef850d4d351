// SPDX-License-Identifier: BSD-2-Clause

//! Reads blocks of code and their commands.

use kaal_harness::console::{self, Step};

/// A block of code in a page.
pub(crate) struct Block {
    /// The number of its first line, counted from 1.
    pub(crate) line: usize,
    pub(crate) language: String,
    /// The HTML before it.
    pub(crate) comment: String,
    pub(crate) text: String,
}

impl Block {
    pub(crate) const fn new(line: usize, language: String, comment: String) -> Self {
        let text = String::new();
        Self {
            line,
            language,
            comment,
            text,
        }
    }

    /// Whether it shows commands: only blocks of the language `console` do.
    pub(crate) fn is_console(&self) -> bool {
        self.language == "console"
    }

    /// Whether a block of another language seems to contain a command.
    pub(crate) fn may_hide_commands(&self) -> bool {
        let has_prompt = self.text.lines().any(|line| line.starts_with("$ "));
        self.language.is_empty() || !self.is_console() && has_prompt
    }

    /// The commands.
    pub(crate) fn steps(&self) -> Vec<Step> {
        console::steps(&self.text)
    }
}
