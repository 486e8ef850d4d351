// SPDX-License-Identifier: BSD-2-Clause

//! The command `kaal-elfloader-builder`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use kaal_elfloader_builder::cli::{self, Cli};

fn main() -> ExitCode {
    match cli::run(&Cli::parse()) {
        Ok(status) => status,
        Err(finding) => {
            eprintln!("error: {finding}");
            ExitCode::FAILURE
        }
    }
}
