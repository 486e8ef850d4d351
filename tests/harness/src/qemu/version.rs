// SPDX-License-Identifier: BSD-2-Clause

use std::fmt;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::program;
use crate::process;
use crate::tools::QEMU;

/// A release of QEMU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Version {
    /// Its first number.
    pub major: u32,
    /// Its second number.
    pub minor: u32,
}

impl Version {
    /// The release of the QEMU on `PATH`.
    ///
    /// # Errors
    ///
    /// Fails if there is none.
    pub fn query() -> Result<Self> {
        let text = process::read(Command::new(program()).arg("--version"))?;
        Self::parse(&text).with_context(|| format!("failed to read the release of {}", QEMU.name))
    }

    /// Reads `QEMU emulator version 7.2.22 (…)`.
    fn parse(text: &str) -> Option<Self> {
        let (_, numbers) = text.split_once(" version ")?;
        let mut numbers = numbers.split(|character: char| !character.is_ascii_digit());
        Some(Self {
            major: numbers.next()?.parse().ok()?,
            minor: numbers.next()?.parse().ok()?,
        })
    }
}

/// Shown as `7.2`.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn reads_the_release() {
        let version = |major, minor| Some(Version { major, minor });
        let debian = "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright";
        assert_eq!(Version::parse(debian), version(7, 2));
        assert_eq!(Version::parse("QEMU emulator version 10.0"), version(10, 0));
        assert_eq!(Version::parse("something else"), None);
    }
}
