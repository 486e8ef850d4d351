// SPDX-License-Identifier: BSD-2-Clause

//! Provides Miri.

use anyhow::{Context, Result, ensure};
use kaal_harness::process;

use super::nightly::Nightly;

/// Each Miri is a part of one compiler, so none from elsewhere will do.
const HELP: &str = "\
Miri comes only with Rust's nightly toolchains. Add it to a toolchain of rustup:
  rustup component add miri rust-src
or, if rustup has none of that day, install another toolchain:
  rustup toolchain install nightly --component miri --component rust-src";

/// Finds Miri, or adds it to the toolchain.
pub(crate) fn provide(nightly: &Nightly) -> Result<()> {
    let is_there = || process::read(nightly.cargo().args(["miri", "--version"])).is_ok();
    if is_there() {
        return Ok(());
    }
    eprintln!("Miri: not in the toolchain, trying: rustup component add miri rust-src");
    let add = || {
        nightly.rustup("component add miri rust-src")?;
        ensure!(is_there(), "succeeded, but added no Miri");
        Ok(())
    };
    add().with_context(|| format!("Miri: not in the toolchain; {HELP}\nrustup"))
}
