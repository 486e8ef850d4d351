// SPDX-License-Identifier: BSD-2-Clause

//! The commands that a page shows.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use kaal_harness::console;

/// All commands of `page`, to be run by one shell, as by a reader who types them in one terminal.
pub(super) fn commands(page: &Path) -> Result<String> {
    let text =
        fs::read_to_string(page).with_context(|| format!("failed to read {}", page.display()))?;
    let steps = console::blocks(&text).flat_map(console::steps);
    let commands: Vec<_> = steps.map(|step| step.command).collect();
    ensure!(
        !commands.is_empty(),
        "{}: no commands found",
        page.display()
    );
    Ok(commands.join("\n"))
}
