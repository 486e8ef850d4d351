// SPDX-License-Identifier: BSD-2-Clause

//! The command line.

mod check;
mod completions;
mod config;
mod diff;
mod explain;
mod inspect;
mod keygen;
mod man;
mod messages;
mod output;
mod pack;
mod sign;
mod text;

use std::ffi::OsString;
use std::num::ParseIntError;
use std::process::ExitCode;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};

use crate::diagnostic::Diagnostic;
use config::{Configuration, Sources};
use messages::{Level, Messages};

pub use pack::{Verbosity, Verification};

/// What the command is for.
const ABOUT: &str = "Packs a seL4 kernel, a root task and the KaaL loader into one bootable image";

/// How its options are read.
const NOTES: &str = "Numbers may be decimal or, with 0x in front, hexadecimal.

Options for making an image may also stand in a file kaal.toml, in the current folder or one above, in lines such as \
`kernel = \"build/kernel.elf\"`, and in variables of the environment. The command line goes first, then the \
environment, then the file.

Exit status: 0 if all went well; 1 if not, or if `check` finds a broken rule or `diff` a difference; 2 if the command \
line, a variable or kaal.toml is wrong, or if `diff` can't compare.";

/// The status where the command line is wrong, or what it is completed from.
const USAGE: u8 = 2;

/// What else the command does than to make an image.
#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Look whether an image is whole, and whether its kernel will boot
    Check(check::Arguments),
    /// Print a script that lets a shell complete the command line
    Completions(completions::Arguments),
    /// Say what differs between two images
    Diff(diff::Arguments),
    /// Show what an image is, and what lies where in memory
    Inspect(inspect::Arguments),
    /// Make a pair of keys to sign images with
    Keygen(keygen::Arguments),
    /// Explain the addresses in what a console showed
    Explain(explain::Arguments),
    /// Write manual pages
    Man(man::Arguments),
    /// Sign an image that was built for a loader of signed images
    Sign(sign::Arguments),
}

/// Why the command ends early.
enum Failure {
    /// The parser of the command line has no use for it, or it asks for help.
    CommandLine(clap::Error),
    /// What it asks for is wrong, as can be told before any input is looked at.
    Usage(Vec<Diagnostic>),
    /// Something else is.
    Diagnostics(Vec<Diagnostic>),
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Self::CommandLine(error)
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Diagnostics(vec![diagnostic])
    }
}

/// Does what `arguments`, the first of which names the program, ask for. Returns the status to end with; what is
/// wrong is on standard error then.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let messages = Messages::peek(&arguments);
    let (diagnostics, status) = match try_run(&arguments, messages) {
        Ok(status) => return status,
        Err(Failure::CommandLine(error)) => return messages.write_usage(&error),
        Err(Failure::Usage(diagnostics)) => (diagnostics, ExitCode::from(USAGE)),
        Err(Failure::Diagnostics(diagnostics)) => (diagnostics, ExitCode::FAILURE),
    };
    for diagnostic in &diagnostics {
        messages.write(Level::Error, diagnostic);
    }
    status
}

/// The command line without the environment.
fn command() -> clap::Command {
    let command = clap::Command::new("kaal-elfloader-builder")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_negates_reqs(true);
    let command = config::Arguments::augment_args(pack::Arguments::augment_args(command));
    Command::augment_subcommands(messages::Arguments::augment_args(command))
        .about(ABOUT)
        .after_help(NOTES)
}

fn try_run(arguments: &[OsString], messages: Messages) -> Result<ExitCode, Failure> {
    let first_look = config::without_requirements(command())
        .ignore_errors(true)
        .try_get_matches_from(arguments);
    match first_look {
        Ok(matches) if matches.subcommand_name().is_some() => {
            let matches = command().try_get_matches_from(arguments)?;
            config::refuse_beside_subcommand(&mut command(), &matches)?;
            run_subcommand(&Command::from_arg_matches(&matches)?, messages)
        }
        Ok(matches) => pack(arguments, &matches, messages),
        // Help is asked for.
        Err(help) => {
            let with_variables = config::with_environment(command());
            let shown = with_variables.try_get_matches_from(arguments).err();
            Err(shown.unwrap_or(help).into())
        }
    }
}

fn run_subcommand(subcommand: &Command, messages: Messages) -> Result<ExitCode, Failure> {
    match subcommand {
        Command::Check(arguments) => check::run(arguments, messages)?,
        Command::Completions(arguments) => completions::run(arguments, &mut command())?,
        Command::Diff(arguments) => return Ok(diff::run(arguments, messages)),
        Command::Inspect(arguments) => inspect::run(arguments)?,
        Command::Keygen(arguments) => keygen::run(arguments)?,
        Command::Explain(arguments) => explain::run(arguments)?,
        Command::Man(arguments) => man::run(arguments, command())?,
        Command::Sign(arguments) => sign::run(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes an image, or prints the options for it; `first_look` knows of the command line only.
fn pack(
    arguments: &[OsString],
    first_look: &ArgMatches,
    messages: Messages,
) -> Result<ExitCode, Failure> {
    let command = config::without_requirements(command());
    let config = config::Arguments::from_arg_matches(first_look).unwrap_or_default();
    let configuration = Configuration::read(&command, &config, first_look)
        .map_err(|diagnostic| Failure::Usage(vec![diagnostic]))?;
    let matches = command
        .clone()
        .try_get_matches_from(configuration.complete(arguments))?;
    if config.print_config {
        let printed = config::Printed {
            command: &command,
            configuration: &configuration,
            matches: &matches,
        };
        text::print(printed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let missing = configuration.missing(&matches);
    if !missing.is_empty() {
        return Err(Failure::Usage(missing));
    }
    let arguments = pack::Arguments::from_arg_matches(&matches)?;
    let sources = Sources::new(&configuration, &matches);
    match pack::run(&arguments, &sources, messages) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(Failure::Usage(diagnostics)) => Err(Failure::Usage(sources.name(diagnostics))),
        Err(Failure::Diagnostics(diagnostics)) => {
            Err(Failure::Diagnostics(sources.name(diagnostics)))
        }
        Err(failure) => Err(failure),
    }
}

/// Reads `4096` or `0x1000`.
fn parse_number(text: &str) -> Result<u64, ParseIntError> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
}

/// Reads a number of cores in the same way.
fn parse_count(text: &str) -> Result<u32, ParseIntError> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    }
}
