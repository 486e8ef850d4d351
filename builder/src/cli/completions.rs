// SPDX-License-Identifier: BSD-2-Clause

//! What a shell needs to complete the command line.

use clap::{Args, Command};
use clap_complete::Shell;

use super::text;
use crate::diagnostic::Diagnostic;

/// Which shell.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script that lets a shell complete `command`.
///
/// # Errors
///
/// Returns that it can't be written.
pub(super) fn run(arguments: &Arguments, command: &mut Command) -> Result<(), Diagnostic> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, command, name, &mut script);
    text::print(String::from_utf8_lossy(&script))
}
