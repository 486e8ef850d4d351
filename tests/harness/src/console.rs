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

/// The blocks of commands in a page.
pub fn blocks(page: &str) -> impl Iterator<Item = &str> {
    let [begin, end] = FENCES;
    let blocks = page.split(begin).skip(1);
    blocks.filter_map(move |rest| Some(rest.split_once(end)?.0))
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
