// SPDX-License-Identifier: BSD-2-Clause

use std::fmt;

use super::Tool;

/// Where a program comes from.
#[derive(Debug)]
pub enum Origin {
    /// The machine's distribution.
    Distribution(Packages),
    /// The registry of crates: Cargo compiles it.
    Crate {
        /// The release.
        version: &'static str,
        /// The features to compile, where those are not the default ones.
        features: Option<&'static str>,
    },
}

/// The packages that hold a program.
#[derive(Debug)]
pub struct Packages {
    /// Debian's and Ubuntu's, separated by spaces.
    pub debian: &'static str,
    /// Fedora's.
    pub fedora: &'static str,
    /// The command that installs the program on macOS, if it is used there.
    pub macos: Option<&'static str>,
    /// How the program runs from a folder that Debian's packages are unpacked to; `None` where it doesn't.
    pub relocation: Option<Relocation>,
}

/// Variables that tell a program where its files are, with their paths in the folder of its packages.
pub type Relocation = &'static [(&'static str, &'static str)];

impl Tool {
    /// The help to end an error with, where the program is missing.
    pub fn help(&self) -> String {
        let commands = match &self.origin {
            Origin::Distribution(packages) => packages.to_string(),
            Origin::Crate { version, .. } => {
                format!("  cargo install --locked --version {version} {}", self.name)
            }
        };
        format!("install it and run the command again:\n{commands}")
    }
}

/// Shown as the commands that install them, one a line.
impl fmt::Display for Packages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { debian, fedora, .. } = self;
        write!(f, "  apt-get install {debian}\n  dnf install {fedora}")?;
        match self.macos {
            Some(command) => write!(f, "\n  {command}"),
            None => Ok(()),
        }
    }
}
