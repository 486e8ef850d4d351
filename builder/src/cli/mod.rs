// SPDX-License-Identifier: BSD-2-Clause

//! The command line.

mod pack;

use std::num::ParseIntError;

use clap::Parser;

use crate::finding::Finding;

pub use pack::{Arguments, Verbosity, Verification};

/// Packs a seL4 kernel, a root task and the KaaL loader into one bootable image.
///
/// Numbers may be decimal or, with 0x in front, hexadecimal.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(flatten)]
    pack: Arguments,
}

/// Does what `cli` asks for.
///
/// # Errors
///
/// Returns what is wrong with the inputs or the output; then nothing has been written.
pub fn run(cli: &Cli) -> Result<(), Finding> {
    pack::run(&cli.pack)
}

/// Reads `4096` or `0x1000`.
fn parse_number(text: &str) -> Result<u64, ParseIntError> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
}
