// SPDX-License-Identifier: BSD-2-Clause

//! Options of a project, that are not given again with each command: in `kaal.toml`, and in variables of the
//! environment.
//!
//! A value on the command line goes first, then one in the environment, then one in the file. To the parser of the
//! command line, values from the file are defaults, so that all are read in one way.

mod file;
mod print;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use self::file::File;
use crate::finding::{Finding, Flag, Origin};
use crate::input::Input;

pub(super) use print::Printed;

/// The name of the file that is looked for.
const NAME: &str = "kaal.toml";

/// Where options are taken from that aren't on the command line.
#[derive(Clone, Debug, Default, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Take options that are not given from this file [default: the nearest kaal.toml, from the current
    /// folder upwards]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Take options from the command line only
    #[arg(long)]
    no_config: bool,
    /// Print the options that are in effect, and where each comes from, and make no image
    #[arg(long)]
    print_config: bool,
}

/// Names of the options that are none of a project.
const NOT_OF_A_PROJECT: [&str; 6] = [
    "config",
    "no-config",
    "print-config",
    "message-format",
    "help",
    "version",
];

impl Arguments {
    pub(super) fn is_printed(&self) -> bool {
        self.print_config
    }

    /// The file that is named, or else found.
    fn file(&self) -> Result<Option<File>, Finding> {
        let named = self.config.clone();
        let Some(path) = named.or_else(|| find(&std::env::current_dir().ok()?)) else {
            return Ok(None);
        };
        let origin = Origin {
            flag: Flag::Config,
            value: &path,
        };
        let input = Input::read(Flag::Config, &path)?;
        File::parse(origin, &input.content).map(Some)
    }
}

/// The nearest file, from `folder` upwards.
fn find(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| folder.join(NAME))
        .find(|path| path.is_file())
}

/// `command`, with the environment and the file that `arguments` name for what is not on the command line.
///
/// # Errors
///
/// Returns what is wrong with the file.
pub(super) fn apply(mut command: Command, arguments: &Arguments) -> Result<Configured, Finding> {
    if arguments.print_config {
        command = command.mut_args(|argument| argument.required(false));
    }
    if arguments.no_config {
        return Ok(Configured {
            command,
            file: None,
        });
    }
    let file = arguments.file()?;
    let values = match &file {
        Some(file) => file.values(&command)?,
        None => BTreeMap::new(),
    };
    let command =
        command.mut_args(
            |argument| match option(&argument).and_then(|name| values.get(name)) {
                Some(value) => argument.required(false).default_value(value),
                None => argument,
            },
        );
    Ok(Configured {
        command: with_environment(command),
        file,
    })
}

/// Checks the values of variables, which the parser would take for values on the command line.
///
/// # Errors
///
/// Returns an error that names the variable.
pub(super) fn check_environment(
    configured: &Configured,
    first_look: &ArgMatches,
) -> Result<(), clap::Error> {
    let command = &configured.command;
    let is_given = |argument: &Arg| {
        let source = first_look.value_source(argument.get_id().as_str());
        source == Some(ValueSource::CommandLine)
    };
    for argument in command.get_arguments() {
        let (Some(name), Some(variable)) = (option(argument), argument.get_env()) else {
            continue;
        };
        let Some(value) = std::env::var_os(variable) else {
            continue;
        };
        if is_given(argument) || is_switch(argument) {
            continue;
        }
        if let Some((reason, _)) = refusal(command, name, &value) {
            let variable = variable.to_string_lossy();
            let message = format!("{variable} in the environment: {reason}");
            return Err(command.clone().error(ErrorKind::ValueValidation, message));
        }
    }
    Ok(())
}

/// A command line that knows of all else that options come from.
pub(super) struct Configured {
    pub(super) command: Command,
    file: Option<File>,
}

impl Configured {
    /// The file, and the line in it that sets the option `name`, if one does.
    fn line(&self, name: &str) -> Option<(&Path, usize)> {
        let file = self.file.as_ref()?;
        Some((file.path(), file.line(name)?))
    }
}

/// Lets options that are not given come from the environment.
pub(super) fn with_environment(command: Command) -> Command {
    command.mut_args(|argument| match option(&argument) {
        Some(name) => {
            let name = variable(name);
            let argument = match is_switch(&argument) {
                true => argument.value_parser(BoolishValueParser::new()),
                false => argument,
            };
            argument.env(name).hide_env_values(true)
        }
        None => argument,
    })
}

/// The option's name, if it is one of a project.
fn option(argument: &Arg) -> Option<&str> {
    argument
        .get_long()
        .filter(|name| !NOT_OF_A_PROJECT.contains(name))
}

/// Whether the option takes no value.
fn is_switch(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::SetTrue)
}

/// The variable for the option `name`.
fn variable(name: &str) -> String {
    format!("KAAL_{}", name.replace('-', "_").to_uppercase())
}

/// Why the parser of the command line doesn't take `value` for the option `name`, and what it expects, if it says
/// so.
fn refusal(command: &Command, name: &str, value: &OsStr) -> Option<(String, Option<String>)> {
    let alone = command
        .clone()
        .mut_args(|argument| argument.required(false).env(None::<&str>));
    let mut given = OsString::from(format!("--{name}="));
    given.push(value);
    let error = alone
        .try_get_matches_from([OsStr::new(command.get_name()), &given])
        .err()
        .filter(|error| error.kind() != ErrorKind::MissingRequiredArgument)?;
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim);
    let reason = lines.next().unwrap_or_default();
    let reason = reason.strip_prefix("error: ").unwrap_or(reason).to_owned();
    let expected = lines.find_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    Some((reason, expected.map(str::to_owned)))
}
