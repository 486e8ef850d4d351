// SPDX-License-Identifier: BSD-2-Clause

//! Manual pages.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Command};

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::access;

/// Where the pages go.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// The folder, which is made if there is none
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Writes a page for `command`, and one for each of its subcommands.
///
/// # Errors
///
/// Returns what is wrong with the folder.
pub(super) fn run(arguments: &Arguments, command: Command) -> Result<(), Diagnostic> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .map_err(|error| {
            let origin = Origin::new(Flag::Folder, folder);
            access::unwritable(origin, "manual pages can't be written there", &error)
        })
}
