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

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};

use crate::diagnostic::Diagnostic;
use config::Configuration;
use messages::Messages;

/// What the command is for.
const ABOUT: &str = "Packs a seL4 kernel, a root task and the KaaL loader into one bootable image";

/// How its options are read.
const NOTES: &str = "Numbers may be decimal or, with 0x in front, hexadecimal.

Options for making an image may also stand in a file kaal.toml, in the current folder or one above, in lines such as \
`kernel = \"build/kernel.elf\"`, and in variables of the environment. The command line goes first, then the \
environment, then the file.

Exit status: 0 if all went well; 1 if not, or if `check` finds a broken rule or `diff` a difference; 2 if the command \
line, a variable or kaal.toml is wrong, or if `diff` can't compare.";

/// The status where the command line is wrong, or what it is completed from; or where `diff` can't compare.
const USAGE: u8 = 2;

/// The status where anything else is wrong.
const FAILED: u8 = 1;

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
    /// Something is wrong: the status to end with, and what it is.
    Diagnostics(u8, Vec<Diagnostic>),
}

impl Failure {
    /// What the command asks for is wrong, as can be told before any input is looked at.
    fn usage(diagnostic: Diagnostic) -> Self {
        Self::Diagnostics(USAGE, vec![diagnostic])
    }

    /// Fails with `status` if there are any `diagnostics`.
    fn check(status: u8, diagnostics: Vec<Diagnostic>) -> Result<(), Self> {
        match diagnostics.is_empty() {
            true => Ok(()),
            false => Err(Self::Diagnostics(status, diagnostics)),
        }
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Self::CommandLine(error)
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Diagnostics(FAILED, vec![diagnostic])
    }
}

/// Does what `arguments`, the first of which names the program, ask for. Returns the status to end with; what is
/// wrong is on standard error then.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let messages = Messages::peek(&arguments);
    match try_run(&arguments, messages) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::CommandLine(error)) => messages.write_usage(&error),
        Err(Failure::Diagnostics(status, diagnostics)) => {
            let diagnostics = diagnostics.iter();
            diagnostics.for_each(|diagnostic| messages.error(diagnostic));
            ExitCode::from(status)
        }
    }
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

fn try_run(arguments: &[OsString], messages: Messages) -> Result<(), Failure> {
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

fn run_subcommand(subcommand: &Command, messages: Messages) -> Result<(), Failure> {
    match subcommand {
        Command::Check(arguments) => check::run(arguments, messages)?,
        Command::Completions(arguments) => completions::run(arguments, &mut command())?,
        Command::Diff(arguments) => diff::run(arguments)?,
        Command::Inspect(arguments) => inspect::run(arguments)?,
        Command::Keygen(arguments) => keygen::run(arguments)?,
        Command::Explain(arguments) => explain::run(arguments)?,
        Command::Man(arguments) => man::run(arguments, command())?,
        Command::Sign(arguments) => sign::run(arguments)?,
    }
    Ok(())
}

/// Makes an image, or prints the options for it; `first_look` knows of the command line only.
fn pack(
    arguments: &[OsString],
    first_look: &ArgMatches,
    messages: Messages,
) -> Result<(), Failure> {
    let configuration = Configuration::read(command(), arguments, first_look)?;
    if configuration.arguments.print_config {
        return Ok(text::print(configuration.printed())?);
    }
    configuration.check_complete()?;
    let arguments = pack::Arguments::from_arg_matches(&configuration.matches)?;
    pack::run(&arguments, &configuration, messages).map_err(|failure| match failure {
        Failure::Diagnostics(status, diagnostics) => {
            Failure::Diagnostics(status, configuration.name_sources(diagnostics))
        }
        failure @ Failure::CommandLine(_) => failure,
    })
}

/// Reads `4096` or `0x1000`.
fn parse_number<T>(text: &str) -> Result<T, Box<dyn Error + Send + Sync>>
where
    T: TryFrom<u64, Error: Error + Send + Sync + 'static>,
{
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16)?,
        None => text.parse()?,
    };
    Ok(number.try_into()?)
}
