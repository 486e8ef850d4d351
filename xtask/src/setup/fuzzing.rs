// SPDX-License-Identifier: BSD-2-Clause

//! Provides cargo-fuzz, and the C++ compiler that libFuzzer is built with.

use std::process::Command;

use anyhow::{Context, Result, bail};
use kaal_tests::process;

use super::debian;

/// The program that compiles libFuzzer.
const COMPILER: &str = "c++";

const REMEDY: &str = "\
install a C++ compiler and run the command again:
  apt-get install g++
  dnf install gcc-c++
  xcode-select --install";

/// Finds cargo-fuzz and a C++ compiler, or installs them where that takes no decision of the user's.
pub(crate) fn provide() -> Result<()> {
    if !succeeds(COMPILER, &["--version"]) {
        install_compiler()?;
    }
    if !succeeds("cargo", &["fuzz", "--version"]) {
        eprintln!("cargo-fuzz: not installed, installing it");
        process::run(Command::new("cargo").args(["install", "--locked", "cargo-fuzz"]))
            .context("failed to install cargo-fuzz")?;
    }
    Ok(())
}

fn install_compiler() -> Result<()> {
    if !debian::is_root()? || !debian::has_apt() {
        bail!("{COMPILER}: not found on PATH; {REMEDY}");
    }
    eprintln!("{COMPILER}: not found on PATH, installing Debian's package g++");
    debian::install("g++").with_context(|| format!("failed to install {COMPILER}; {REMEDY}"))
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    process::read(Command::new(program).args(arguments)).is_ok()
}
