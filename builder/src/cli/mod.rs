// SPDX-License-Identifier: BSD-2-Clause

//! The command line.

mod check;
mod diff;
mod explain;
mod inspect;
mod keygen;
mod pack;
mod sign;
mod text;

use std::num::ParseIntError;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::finding::Finding;

pub use pack::{Verbosity, Verification};

/// Packs a seL4 kernel, a root task and the KaaL loader into one bootable image.
///
/// Numbers may be decimal or, with 0x in front, hexadecimal.
#[derive(Clone, Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    pack: Option<pack::Arguments>,
}

/// What else the command does than to make an image.
#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Look whether an image is whole, and whether its kernel will boot
    Check(check::Arguments),
    /// Say what differs between two images
    Diff(diff::Arguments),
    /// Show what an image is, and what lies where in memory
    Inspect(inspect::Arguments),
    /// Make a pair of keys to sign images with
    Keygen(keygen::Arguments),
    /// Explain the addresses in what a console showed
    Explain(explain::Arguments),
    /// Sign an image that was built for a loader of signed images
    Sign(sign::Arguments),
}

/// Does what `cli` asks for, and returns the status to end with.
///
/// # Errors
///
/// Returns what is wrong with the inputs or the output; then nothing has been written.
pub fn run(cli: &Cli) -> Result<ExitCode, Finding> {
    match (&cli.command, &cli.pack) {
        (Some(Command::Check(arguments)), _) => check::run(arguments),
        (Some(Command::Diff(arguments)), _) => return Ok(diff::run(arguments)),
        (Some(Command::Inspect(arguments)), _) => inspect::run(arguments),
        (Some(Command::Keygen(arguments)), _) => keygen::run(arguments),
        (Some(Command::Explain(arguments)), _) => explain::run(arguments),
        (Some(Command::Sign(arguments)), _) => sign::run(arguments),
        (None, Some(arguments)) => pack::run(arguments),
        (None, None) => Ok(()),
    }
    .map(|()| ExitCode::SUCCESS)
}

/// Reads `4096` or `0x1000`.
fn parse_number(text: &str) -> Result<u64, ParseIntError> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
}
