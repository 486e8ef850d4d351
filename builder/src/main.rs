// SPDX-License-Identifier: BSD-2-Clause

//! The command `kaal-elfloader-builder`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use kaal_elfloader_builder::cli;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
