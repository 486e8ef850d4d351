// SPDX-License-Identifier: BSD-2-Clause

//! The commands of a page.

use std::path::Path;

use anyhow::{Result, ensure};
use fs_err as fs;
use kaal_harness::console::{self, Block};

/// The beginnings of marks of blocks that no room can run.
const ELSEWHERE: [&str; 2] = [
    "<!-- not run: needs Nix",
    "<!-- not run: it runs until Ctrl-C",
];

/// In marks of blocks whose last command fails.
const FAILS: &str = "status 1";

/// All commands of `page` that a room can run, for one shell, as a reader types them in one terminal.
pub(super) fn commands(page: &Path) -> Result<String> {
    let text = fs::read_to_string(page)?;
    let is_here = |block: &Block<'_>| !ELSEWHERE.iter().any(|mark| block.mark.starts_with(mark));
    let blocks = console::blocks(&text).filter(is_here);
    let commands: Vec<_> = blocks.flat_map(|block| steps(&block)).collect();
    ensure!(
        !commands.is_empty(),
        "{}: no commands found",
        page.display()
    );
    Ok(commands.join("\n"))
}

/// The commands of `block`, of which the last one succeeds if the page expects it to fail.
fn steps(block: &Block<'_>) -> Vec<String> {
    let steps = console::steps(block.text).into_iter();
    let mut commands: Vec<_> = steps.map(|step| step.command).collect();
    if let (true, Some(last)) = (block.mark.contains(FAILS), commands.last_mut()) {
        *last = format!("if {last}; then false; fi");
    }
    commands
}
