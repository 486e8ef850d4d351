// SPDX-License-Identifier: BSD-2-Clause

//! Provides Miri.

use anyhow::{Context, Result};
use kaal_harness::process;

use super::nightly::Nightly;

/// Why not one from elsewhere: Miri is a part of the compiler that it comes with.
const REMEDY: &str = "\
Miri comes with Rust's nightly toolchains only; where rustup installed one, add it by
  rustup component add miri rust-src
and where that has none of this day, take another one:
  rustup toolchain install nightly --component miri --component rust-src";

/// Finds Miri, or adds it to the toolchain.
pub(crate) fn provide(nightly: &Nightly) -> Result<()> {
    let is_there = || process::read(nightly.cargo().args(["miri", "--version"])).is_ok();
    if is_there() {
        return Ok(());
    }
    eprintln!("Miri: not in the toolchain, trying: rustup component add miri rust-src");
    let components = ["component", "add", "miri", "rust-src"];
    process::read(nightly.command("rustup").args(components))
        .map(drop)
        .and_then(|()| {
            is_there()
                .then_some(())
                .context("succeeded, but added no Miri")
        })
        .with_context(|| format!("Miri: not in the toolchain; {REMEDY}\nrustup"))
}
