// SPDX-License-Identifier: BSD-2-Clause

use std::fmt;

use super::Tool;

/// The source of a program.
#[derive(Debug)]
pub enum Origin {
    /// The machine's distribution.
    Distribution(Packages),
    /// The registry of crates, from which Cargo compiles it.
    Crate {
        /// The release.
        version: &'static str,
        /// The features to compile; `None` for the default ones.
        features: Option<&'static str>,
    },
}

/// The packages of a program.
#[derive(Debug)]
pub struct Packages {
    /// Debian's and Ubuntu's, separated by spaces.
    pub debian: &'static str,
    /// Fedora's.
    pub fedora: &'static str,
    /// The command that installs the program on macOS, if it is used there.
    pub macos: Option<&'static str>,
    /// How to run the program from a folder with Debian's packages; `None` if it can't.
    pub relocation: Option<Relocation>,
}

/// Variables that tell a program its own folders, with the folders' paths in the packages.
pub type Relocation = &'static [(&'static str, &'static str)];

impl Tool {
    /// The help for an error about a missing program.
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

/// Shown as the commands that install them, one per line.
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
