// SPDX-License-Identifier: BSD-2-Clause

//! What a shell needs to complete the command line.

use std::io::{self, Write};

use clap::{Args, Command};
use clap_complete::Shell;

/// Which shell.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script that lets a shell complete `command`.
pub(super) fn run(arguments: &Arguments, command: &mut Command) {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, command, name, &mut script);
    // Whoever doesn't read to the end doesn't want to know.
    let _ = io::stdout().write_all(&script);
}
