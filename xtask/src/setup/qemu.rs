// SPDX-License-Identifier: BSD-2-Clause

//! Provides `qemu-system-aarch64`.

use anyhow::{Context, Result, bail};
use kaal_tests::qemu::{PROGRAM, Version};

use super::debian;

/// The oldest release that the machines are tested with.
const OLDEST: Version = Version { major: 7, minor: 2 };

const REMEDY: &str = "\
install QEMU's emulator for AArch64 and run the command again:
  apt-get install qemu-system-arm
  dnf install qemu-system-aarch64
  brew install qemu";

/// Finds QEMU, or installs it where that takes no decision of the user's.
pub(crate) fn provide() -> Result<Version> {
    if Version::query().is_err() {
        install()?;
    }
    let version = Version::query().context(REMEDY)?;
    if version < OLDEST {
        bail!("{PROGRAM}: release {OLDEST} or newer expected, {version} found; {REMEDY}");
    }
    Ok(version)
}

fn install() -> Result<()> {
    if !debian::is_root()? || !debian::has_apt() {
        bail!("{PROGRAM}: not found on PATH; {REMEDY}");
    }
    eprintln!("{PROGRAM}: not found on PATH, installing Debian's package qemu-system-arm");
    debian::install("qemu-system-arm")
        .with_context(|| format!("failed to install {PROGRAM}; {REMEDY}"))
}
