// SPDX-License-Identifier: BSD-2-Clause

//! Options of a project, that are not given again with each command: in `kaal.toml`, and in variables of the
//! environment.
//!
//! A value on the command line goes first, then one in the environment, then one in the file. Those from the last two
//! are checked one by one, so that messages name where they stand, then read as if they were on the command line: what
//! options ask of each other holds wherever they come from.

mod environment;
mod file;
mod kind;
mod print;
mod sources;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};

use self::file::ConfigFile;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::input::Input;

pub(super) use environment::with_environment;
pub(super) use print::Printed;
pub(super) use sources::Sources;

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
    /// Take options from the command line only: neither from a file nor from the environment
    #[arg(long)]
    no_config: bool,
    /// Print the options that are in effect, and where each comes from, and make no image
    #[arg(long)]
    pub(super) print_config: bool,
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

/// The options that no image can be made without.
const REQUIRED: [Flag; 4] = [Flag::Loader, Flag::Kernel, Flag::App, Flag::Out];

/// An option that is not on the command line.
#[derive(Debug)]
struct Assignment {
    name: String,
    /// The argument that would give it there, if that changes anything.
    argument: Option<OsString>,
    /// Where it comes from, for people.
    source: String,
}

impl Assignment {
    /// The option of `argument`, whose value is good.
    fn new(argument: &Arg, name: &str, value: &OsStr, source: String) -> Self {
        let is_default = argument
            .get_default_values()
            .iter()
            .any(|default| default.as_os_str() == value);
        let is_off = is_switch(argument) && value == "false";
        let mut written = OsString::from(format!("--{name}"));
        if !is_switch(argument) {
            written.push("=");
            written.push(value);
        }
        Self {
            name: name.to_owned(),
            argument: (!is_off && !is_default).then_some(written),
            source,
        }
    }
}

/// All options that aren't on the command line.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    file: Option<ConfigFile>,
    given: Vec<Assignment>,
    /// Whether the command line is all there is.
    is_refused: bool,
}

impl Configuration {
    /// What environment and file say of the options of `command` that `first_look` didn't find on the command line.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with a variable or the file.
    pub(super) fn read(
        command: &Command,
        arguments: &Arguments,
        first_look: &ArgMatches,
    ) -> Result<Self, Diagnostic> {
        if arguments.no_config {
            return Ok(Self {
                is_refused: true,
                ..Self::default()
            });
        }
        let is_on_command_line =
            |id: &str| first_look.value_source(id) == Some(ValueSource::CommandLine);
        let mut given = environment::read(command, is_on_command_line)?;
        let file = arguments.file()?;
        if let Some(file) = &file {
            for option in file.check(command)? {
                let is_given = given
                    .iter()
                    .any(|other: &Assignment| other.name == option.name);
                if !is_given && !is_on_command_line(&id(&option.name)) {
                    given.push(option);
                }
            }
        }
        Ok(Self {
            file,
            given,
            is_refused: false,
        })
    }

    /// The whole command line: `arguments`, and what they leave out.
    pub(super) fn complete(&self, arguments: &[OsString]) -> Vec<OsString> {
        let (program, rest) = arguments.split_at(arguments.len().min(1));
        let given = self.given.iter().filter_map(|given| given.argument.clone());
        program
            .iter()
            .cloned()
            .chain(given)
            .chain(rest.iter().cloned())
            .collect()
    }

    /// What is wrong for each option that is needed and that nothing gives.
    pub(super) fn missing(&self, matches: &ArgMatches) -> Vec<Diagnostic> {
        REQUIRED
            .into_iter()
            .filter_map(|flag| {
                let option = flag.to_string();
                let name = option.trim_start_matches('-');
                (!matches.contains_id(&id(name))).then(|| self.missing_one(flag, name))
            })
            .collect()
    }

    fn missing_one(&self, flag: Flag, name: &str) -> Diagnostic {
        let origin = Origin {
            flag,
            value: Path::new(""),
        };
        let diagnostic = origin.diagnostic("not given");
        if self.is_refused {
            return diagnostic
                .expected(format!("the option --{name}"))
                .found("none, and --no-config lets nothing else give it")
                .remedy(format!("add --{name} FILE"));
        }
        let found = match &self.file {
            Some(file) => format!("none of them; the file is {}", file.path().display()),
            None => format!("none of them; no {NAME} was read"),
        };
        let variable = environment::variable(name);
        diagnostic
            .expected(format!(
                "the option --{name}, the variable {variable} or the key {name} in {NAME}"
            ))
            .found(found)
            .remedy(format!(
                "add --{name} FILE, or the line `{name} = \"FILE\"` to {NAME}"
            ))
    }

    /// Where the option `name` comes from, if it is not on the command line.
    fn source(&self, name: &str) -> Option<&str> {
        let mut given = self.given.iter();
        Some(&given.find(|given| given.name == name)?.source)
    }
}

impl Arguments {
    /// The file that is named, or else found.
    fn file(&self) -> Result<Option<ConfigFile>, Diagnostic> {
        let Some(path) = self.config.clone().or_else(nearest) else {
            return Ok(None);
        };
        let input = Input::read(Flag::Config, &path)?;
        ConfigFile::parse(&path, &input.content).map(Some)
    }
}

/// The nearest file, from the current folder upwards.
fn nearest() -> Option<PathBuf> {
    let here = PathBuf::from(NAME);
    if here.is_file() {
        return Some(here);
    }
    let folder = std::env::current_dir().ok()?;
    let mut above = folder.ancestors().map(|folder| folder.join(NAME));
    above.find(|path| path.is_file())
}

/// Lets the parser of the command line look at one value. Returns what it says against it.
fn objection(command: &Command, name: &str, value: &OsStr) -> Option<String> {
    let mut argument = OsString::from(format!("--{name}="));
    argument.push(value);
    let alone = without_requirements(command.clone());
    let program = OsString::from(command.get_name());
    let error = alone.try_get_matches_from([program, argument]).err()?;
    if error.kind() == ErrorKind::MissingRequiredArgument {
        return None;
    }
    let said = error.to_string();
    let first = said.lines().next().unwrap_or_default();
    Some(first.strip_prefix("error: ").unwrap_or(first).to_owned())
}

/// `command`, content without options that it needs.
pub(super) fn without_requirements(command: Command) -> Command {
    command.mut_args(|argument| argument.required(false))
}

/// Options for making an image have no meaning for another command.
///
/// # Errors
///
/// Names the first that is there all the same.
pub(super) fn refuse_beside_subcommand(
    command: &mut Command,
    matches: &ArgMatches,
) -> Result<(), clap::Error> {
    let is_given = |argument: &&Arg| {
        let id = argument.get_id().as_str();
        !argument.is_global_set() && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    let given = command.get_arguments().find(is_given);
    let Some(name) = given.and_then(Arg::get_long) else {
        return Ok(());
    };
    let subcommand = matches.subcommand_name().unwrap_or_default();
    let message = format!("the argument '--{name}' cannot be used with the command '{subcommand}'");
    Err(command.error(ErrorKind::ArgumentConflict, message))
}

/// The option's name, if it is one of a project.
fn option(argument: &Arg) -> Option<&str> {
    argument
        .get_long()
        .filter(|name| !NOT_OF_A_PROJECT.contains(name))
}

/// Whether the option takes no value.
fn is_switch(argument: &Arg) -> bool {
    !argument.get_action().takes_values()
}

/// The parser's own name for the option `name`.
fn id(name: &str) -> String {
    name.replace('-', "_")
}
