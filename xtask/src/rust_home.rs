// SPDX-License-Identifier: BSD-2-Clause

//! The folders of Cargo and rustup.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// Cargo's folder.
pub(crate) fn cargo() -> Result<PathBuf> {
    find("CARGO_HOME", ".cargo")
}

/// rustup's folder, which holds the toolchains.
pub(crate) fn rustup() -> Result<PathBuf> {
    find("RUSTUP_HOME", ".rustup")
}

fn find(variable: &str, default: &str) -> Result<PathBuf> {
    match env::var_os(variable) {
        Some(folder) => Ok(folder.into()),
        None => Ok(env::home_dir().context("HOME is not set")?.join(default)),
    }
}
