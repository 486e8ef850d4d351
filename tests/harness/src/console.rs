// SPDX-License-Identifier: BSD-2-Clause

//! Reads the commands that pages show.

/// A command and the lines that the page shows of its output.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// The command.
    pub command: String,
    /// The lines of output.
    pub shown: Vec<String>,
}

/// The marks around a block of commands.
const FENCES: [&str; 2] = ["```console\n", "\n```"];

/// A block of commands in a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// The line before it, which may be a comment that says how to run it.
    pub mark: &'a str,
    /// The commands and their output.
    pub text: &'a str,
}

/// The blocks of commands in a page.
pub fn blocks(page: &str) -> impl Iterator<Item = Block<'_>> {
    let [begin, end] = FENCES;
    let parts = page.split(begin);
    parts
        .clone()
        .zip(parts.skip(1))
        .filter_map(move |(before, rest)| {
            Some(Block {
                mark: before.lines().next_back().unwrap_or_default(),
                text: rest.split_once(end)?.0,
            })
        })
}

/// The commands in a block. Each begins with `$ `, and continues after a `\` at the end of a line.
pub fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
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
