// SPDX-License-Identifier: BSD-2-Clause

//! Provides `cargo-deny`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_tests::process;
use kaal_tests::workspace::Workspace;

use crate::build::cargo;

/// The program, which is also its package.
const NAME: &str = "cargo-deny";

/// The release that is installed where there is none.
const VERSION: &str = "0.20.2";

const REMEDY: &str = "install it, for instance with `cargo install --locked cargo-deny`, \
                      and run the command again";

/// Finds cargo-deny, or installs it to Cargo's output folder. Returns how to start it.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target().join("tools");
    let own = tools.join("bin").join(NAME);
    for program in [PathBuf::from(NAME), own.clone()] {
        if process::read(Command::new(&program).arg("--version")).is_ok() {
            return Ok(program);
        }
    }
    eprintln!("{NAME}: not found on PATH, installing release {VERSION}; this takes some minutes");
    let mut install = cargo(workspace);
    // Compiled in a temporary folder: once is enough.
    install
        .env_remove("CARGO_TARGET_DIR")
        .args(["install", "--quiet", "--locked", "--version", VERSION])
        .arg("--root")
        .arg(&tools)
        .arg(NAME);
    process::run(&mut install).with_context(|| format!("failed to install {NAME}; {REMEDY}"))?;
    Ok(own)
}
