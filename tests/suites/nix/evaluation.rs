// SPDX-License-Identifier: BSD-2-Clause

//! Parses and evaluates with Nix.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use kaal_harness::tools::NIX;

/// The program that parses and evaluates.
pub(crate) fn instantiate() -> Result<Command> {
    NIX.find().map(Command::new).context("Nix is gone")
}

/// Returns the value of an expression, in JSON.
pub(crate) fn evaluate(root: &Path, expression: &str) -> Result<String> {
    let mut command = instantiate()?;
    command
        .args(["--eval", "--strict", "--json"])
        .args(["--expr", expression]);
    nix(root, &mut command)
}

/// Runs `command` in `root`, and returns what it prints.
pub(crate) fn nix(root: &Path, command: &mut Command) -> Result<String> {
    // It works without a store, and creates none.
    let output = command
        .args(["--store", "dummy://"])
        .current_dir(root)
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
