// SPDX-License-Identifier: BSD-2-Clause

//! Blocks of code, and the commands in them.

/// A block of code in a page.
pub(crate) struct Block {
    /// Where it begins in the page, counted from 1.
    pub(crate) line: usize,
    pub(crate) language: String,
    /// The HTML before it.
    pub(crate) comment: String,
    pub(crate) text: String,
}

/// A command and what the page shows of what it prints.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) shown: Vec<String>,
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

    /// Whether it shows commands. In the pages' style, only blocks of the language `console` do.
    pub(crate) fn is_console(&self) -> bool {
        self.language == "console"
    }

    /// Whether there may be a command in a block that isn't said to show any.
    pub(crate) fn may_hide_commands(&self) -> bool {
        let has_prompt = self.text.lines().any(|line| line.starts_with("$ "));
        self.language.is_empty() || !self.is_console() && has_prompt
    }

    /// The commands, each of which begins with `$ ` and goes on after a `\` at the end of a line.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut goes_on = false;
        for line in self.text.lines() {
            match (steps.last_mut(), line.strip_prefix("$ ")) {
                (Some(step), _) if goes_on => {
                    step.command.push('\n');
                    step.command.push_str(line);
                }
                (_, Some(command)) => steps.push(Step {
                    command: command.to_owned(),
                    shown: Vec::new(),
                }),
                (Some(step), None) => step.shown.push(line.to_owned()),
                (None, None) => continue,
            }
            let in_command = goes_on || line.starts_with("$ ");
            goes_on = in_command && line.ends_with('\\');
        }
        steps
    }
}
