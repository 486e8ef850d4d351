// SPDX-License-Identifier: BSD-2-Clause

//! The command line.

mod check;
mod completions;
mod config;
mod diff;
mod explain;
mod inspect;
mod keygen;
mod messages;
mod output;
mod pack;
mod programs;
mod sign;
mod text;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use clap_complete::Shell;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::access;
use config::Configuration;
use messages::Messages;

/// The command's name.
const NAME: &str = "kaal-elfloader-builder";

/// The command in one line.
const ABOUT: &str = "Packs a seL4 kernel, a root task and the KaaL loader into one bootable image";

/// Notes at the end of `--help`.
const NOTES: &str = "Numbers are decimal, or hexadecimal with 0x.

Options for making an image can also be set in kaal.toml, in the current folder or one above it, by lines such as \
`kernel = \"build/kernel.elf\"`, and in environment variables. The command line takes precedence over the environment, \
and the environment over the file.

Exit status: 0 on success; 1 on an error, if `check` finds a broken rule, or if `diff` finds a difference; 2 if the \
command line, a variable or kaal.toml is wrong, or if `diff` can't compare.";

/// Exit status if the command line, a variable or kaal.toml is wrong.
const USAGE: u8 = 2;

/// Exit status of all other errors.
const FAILED: u8 = 1;

/// The subcommands. Without one, the builder makes an image.
#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Check that an image is intact and that its kernel can boot
    Check(check::Arguments),
    /// Print a script for shell completion
    Completions {
        /// Shell to complete for
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Compare two images
    Diff(diff::Arguments),
    /// Show what is in an image, and where it lies in memory
    Inspect(inspect::Arguments),
    /// Generate a key pair for signed images
    Keygen(keygen::Arguments),
    /// Explain the addresses in a console log
    Explain(explain::Arguments),
    /// Write the manual pages
    Man {
        /// Folder for the pages; created if missing
        folder: PathBuf,
    },
    /// Sign an image whose loader boots only signed images
    Sign(sign::Arguments),
}

/// Why the builder ends early.
enum Failure {
    /// The command line is wrong, or asks for help.
    CommandLine(clap::Error),
    /// The exit status and the errors.
    Diagnostics(u8, Vec<Diagnostic>),
}

impl Failure {
    /// The options are wrong, which shows before any input is read.
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

/// Runs the command line `arguments`, which begins with the program's name. Prints errors on standard error and returns
/// the exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let messages = Messages::peek(&arguments);
    match try_run(&arguments, messages) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::CommandLine(error)) => messages.write_usage(error),
        Err(Failure::Diagnostics(status, diagnostics)) => {
            for diagnostic in &diagnostics {
                messages.write("error", diagnostic);
            }
            ExitCode::from(status)
        }
    }
}

/// The parser of the command line, without environment variables.
fn command() -> clap::Command {
    let command = clap::Command::new(NAME)
        .bin_name(NAME)
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
        // The command line asks for help.
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
        Command::Completions { shell } => completions::print(*shell)?,
        Command::Diff(arguments) => diff::run(arguments)?,
        Command::Inspect(arguments) => inspect::run(arguments)?,
        Command::Keygen(arguments) => keygen::run(arguments)?,
        Command::Explain(arguments) => explain::run(arguments, messages)?,
        Command::Man { folder } => write_manual_pages(folder)?,
        Command::Sign(arguments) => sign::run(arguments)?,
    }
    Ok(())
}

fn write_manual_pages(folder: &Path) -> Result<(), Diagnostic> {
    let written = fs::create_dir_all(folder);
    let written = written.and_then(|()| clap_mangen::generate_to(command(), folder));
    written.map_err(|error| {
        let origin = Origin::new(Flag::Folder, folder);
        access::unwritable(origin, "can't write the manual pages there", &error)
    })
}

/// Makes an image, or prints its options. `first_look` knows only the command line.
fn pack(
    arguments: &[OsString],
    first_look: &ArgMatches,
    messages: Messages,
) -> Result<(), Failure> {
    let configuration = Configuration::read(command(), arguments, first_look)?;
    for warning in &configuration.warnings {
        messages.write("warning", warning);
    }
    if configuration.arguments.print_config {
        return Ok(text::print(configuration.printed())?);
    }
    configuration.check_complete()?;
    let arguments = pack::Arguments::from_arg_matches(&configuration.matches)?;
    pack::run(arguments, &configuration, messages).map_err(|failure| match failure {
        Failure::Diagnostics(status, diagnostics) => {
            Failure::Diagnostics(status, configuration.name_sources(diagnostics))
        }
        failure @ Failure::CommandLine(_) => failure,
    })
}

/// Parses `4096` or `0x1000`.
fn parse_number<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    let number = number.ok().and_then(|number| number.try_into().ok());
    number.ok_or_else(|| {
        let bits = 8 * size_of::<T>();
        format!("a number of at most {bits} bits expected, such as 4 or 0x1000")
    })
}
