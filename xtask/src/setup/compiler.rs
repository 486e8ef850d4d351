// SPDX-License-Identifier: BSD-2-Clause

//! Provides the C++ compiler that libFuzzer is built with.

use anyhow::{Context, Result, bail};
use kaal_tests::process;

use super::debian;

const PROGRAM: &str = "c++";

const REMEDY: &str = "\
install a C++ compiler and run the command again:
  apt-get install g++
  dnf install gcc-c++
  xcode-select --install";

/// Finds the compiler, or installs it where that takes no decision of the user's.
pub(crate) fn provide() -> Result<()> {
    if process::is_installed(PROGRAM) {
        return Ok(());
    }
    if !debian::is_root()? || !debian::has_apt() {
        bail!("{PROGRAM}: not found on PATH; {REMEDY}");
    }
    eprintln!("{PROGRAM}: not found on PATH, installing Debian's package g++");
    debian::install("g++").with_context(|| format!("failed to install {PROGRAM}; {REMEDY}"))
}
