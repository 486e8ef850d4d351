// SPDX-License-Identifier: BSD-2-Clause

//! Options from `kaal.toml` and from environment variables.
//!
//! Clap reads the variables, and values from the file become the defaults of their options. So the command line takes
//! precedence over the environment, and the environment over the file. All values are checked one by one before,
//! because clap's messages name neither the variable nor the line of the file.

mod environment;
mod file;
mod kind;
mod nearest;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::iter;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde_json::Value;

use self::file::Setting;
use self::kind::Kind;
use super::messages::escape;
use super::{Failure, USAGE};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::printable;

pub(super) use environment::with_environment;

/// Name of the file.
const NAME: &str = "kaal.toml";

/// Options that say where other options come from.
#[derive(Clone, Debug, Default, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Read options from this file [default: the nearest kaal.toml, from the current folder upwards]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Ignore kaal.toml and environment variables
    #[arg(long)]
    pub(super) no_config: bool,
    /// Print all options and their sources, and make no image
    #[arg(long)]
    pub(super) print_config: bool,
}

/// Names of the options that can't come from a file or the environment.
const NOT_OF_A_PROJECT: [&str; 6] = [
    "config",
    "no-config",
    "print-config",
    "message-format",
    "help",
    "version",
];

/// The required options.
const REQUIRED: [Flag; 4] = [Flag::Loader, Flag::Kernel, Flag::App, Flag::Out];

/// The options that are in effect.
pub(super) struct Configuration {
    pub(super) arguments: Arguments,
    command: Command,
    /// The file, if one was read, and its settings.
    file: Option<PathBuf>,
    settings: Vec<Setting>,
    pub(super) matches: ArgMatches,
    /// About variables that set no option.
    pub(super) warnings: Vec<Diagnostic>,
}

impl Configuration {
    /// Reads the options of `command` from `line`, the environment and the file. `first_look` knows those on
    /// the command line.
    pub(super) fn read(
        command: Command,
        line: &[OsString],
        first_look: &ArgMatches,
    ) -> Result<Self, Failure> {
        let arguments = Arguments::from_arg_matches(first_look).unwrap_or_default();
        let mut command = without_requirements(command);
        let (mut file, mut settings, mut warnings) = (None, Vec::new(), Vec::new());
        if !arguments.no_config {
            environment::check(&command, |id| is_on_command_line(first_look, id))
                .map_err(Failure::usage)?;
            warnings = environment::unknown(&command);
            file = arguments.config.clone().or_else(nearest);
            if let Some(path) = &file {
                settings = file::read(path, &command).map_err(Failure::usage)?;
            }
            command = with_environment(command);
            command = command.mut_args(|argument| match find(&settings, option(&argument)) {
                Some(setting) => argument.default_value(&setting.value),
                None => argument,
            });
        }
        Ok(Self {
            arguments,
            matches: command.clone().try_get_matches_from(line)?,
            command,
            file,
            settings,
            warnings,
        })
    }

    /// The options as a TOML file, with the source of each value in a comment.
    pub(super) fn printed(&self) -> String {
        let arguments = self.command.get_arguments();
        let lines = arguments.filter_map(|argument| {
            let name = option(argument)?;
            let source = match self.matches.value_source(argument.get_id().as_str()) {
                Some(ValueSource::CommandLine) => Some(format!("--{name}")),
                _ => self.source(name),
            };
            Some(match source {
                Some(source) => {
                    let (value, source) = (self.value(argument), printable::line(&source));
                    format!("{name} = {value} # {source}\n")
                }
                None => format!("# {name} is not set\n"),
            })
        });
        lines.collect()
    }

    /// The value of `argument`, as in a TOML file.
    fn value(&self, argument: &Arg) -> String {
        let id = argument.get_id().as_str();
        let mut raw = self.matches.get_raw(id).into_iter().flatten();
        let text = raw.next().unwrap_or_default().to_string_lossy();
        match Kind::of(argument) {
            Kind::Switch => self.matches.get_flag(id).to_string(),
            // TOML allows no leading zeros. Hexadecimal numbers stay as they are.
            Kind::Number => match text.parse::<u64>() {
                Ok(number) => number.to_string(),
                Err(_) => text.into_owned(),
            },
            Kind::Path | Kind::Choice(_) | Kind::Text => quoted(&text),
        }
    }

    /// Adds the sources of all options that `diagnostics` name.
    pub(super) fn name_sources(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let source = |flag: Flag| self.source(flag.to_string().strip_prefix("--")?);
        let diagnostics = diagnostics.into_iter();
        diagnostics
            .map(|diagnostic| diagnostic.with_sources(source))
            .collect()
    }

    /// The source of an option: a variable, a line of a file, or the default. `None` for the command line.
    fn source(&self, name: &str) -> Option<String> {
        let mut given = self.matches.ids();
        let id = given.find(|given| given.as_str() == id(name))?;
        match self.matches.value_source(id.as_str())? {
            ValueSource::EnvVariable => Some(environment::variable(name)),
            ValueSource::DefaultValue => Some(match find(&self.settings, Some(name)) {
                Some(setting) => setting.source.clone(),
                None => "default".to_owned(),
            }),
            _ => None,
        }
    }

    /// Checks that all required options are set.
    pub(super) fn check_complete(&self) -> Result<(), Failure> {
        let mut missing = Vec::new();
        let is_replaced = |flag: &Flag| match flag {
            Flag::Kernel => self.has("microkit") || self.has("board"),
            Flag::App => self.has("microkit"),
            _ => false,
        };
        for flag in REQUIRED.into_iter().filter(|flag| !is_replaced(flag)) {
            let option = flag.to_string();
            let name = option.trim_start_matches('-');
            if !self.has(&id(name)) {
                missing.push(self.missing(flag, name));
            }
        }
        Failure::check(USAGE, missing)
    }

    fn has(&self, id: &str) -> bool {
        self.matches.contains_id(id)
    }

    fn missing(&self, flag: Flag, name: &str) -> Diagnostic {
        let diagnostic = Origin::new(flag, "").diagnostic("missing");
        if self.arguments.no_config {
            return diagnostic
                .expected(format!("the option --{name}"))
                .found("none; --no-config excludes other sources")
                .remedy(format!("add --{name} FILE"));
        }
        let found = match &self.file {
            Some(path) => format!("none of them; {} lacks the key", path.display()),
            None => format!("none of them; there is no {NAME}"),
        };
        let variable = environment::variable(name);
        let all =
            format!("the option --{name}, the variable {variable} or the key {name} in {NAME}");
        let remedy = format!("add --{name} FILE, or the line `{name} = \"FILE\"` to {NAME}");
        diagnostic.expected(all).found(found).remedy(remedy)
    }
}

/// `text` as a string of TOML, in one line: strings of JSON are also basic strings of TOML.
fn quoted(text: &str) -> String {
    printable::json(&Value::from(text).to_string())
}

/// The setting for the option `name`.
fn find<'a>(settings: &'a [Setting], name: Option<&str>) -> Option<&'a Setting> {
    let mut settings = settings.iter();
    settings.find(|setting| Some(setting.name.as_str()) == name)
}

/// The nearest file, from the current folder upwards.
fn nearest() -> Option<PathBuf> {
    let folder = std::env::current_dir().unwrap_or_default();
    let above = folder.ancestors().map(|folder| folder.join(NAME));
    let mut files = iter::once(PathBuf::from(NAME)).chain(above);
    files.find(|path| path.is_file())
}

/// The error of clap for one value, if any.
fn objection(command: &Command, argument: &Arg, value: &OsStr) -> Option<String> {
    let name = option(argument)?;
    if is_switch(argument) {
        let is_known = value == "true" || value == "false";
        return (!is_known).then(|| format!("not a value of --{name}"));
    }
    let mut written = OsString::from(format!("--{name}="));
    written.push(value);
    let program = OsString::from(command.get_name());
    let error = command.clone().try_get_matches_from([program, written]);
    let said = escape(error.err()?).to_string();
    let first = said.lines().next().unwrap_or_default();
    Some(first.strip_prefix("error: ").unwrap_or(first).to_owned())
}

/// `command` without required options.
pub(super) fn without_requirements(command: Command) -> Command {
    command.mut_args(|argument| argument.required(false))
}

/// Checks that no option for making an image stands beside a subcommand.
pub(super) fn refuse_beside_subcommand(
    command: &mut Command,
    matches: &ArgMatches,
) -> Result<(), clap::Error> {
    let given = command.get_arguments().find(|argument| {
        !argument.is_global_set() && is_on_command_line(matches, argument.get_id().as_str())
    });
    let Some(name) = given.and_then(Arg::get_long) else {
        return Ok(());
    };
    let subcommand = matches.subcommand_name().unwrap_or_default();
    let message = format!("the argument '--{name}' cannot be used with the command '{subcommand}'");
    Err(command.error(ErrorKind::ArgumentConflict, message))
}

fn is_on_command_line(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// The option's name, if it can come from a file or the environment.
fn option(argument: &Arg) -> Option<&str> {
    argument
        .get_long()
        .filter(|name| !NOT_OF_A_PROJECT.contains(name))
}

/// Whether the option takes no value.
fn is_switch(argument: &Arg) -> bool {
    !argument.get_action().takes_values()
}

/// Clap's identifier of the option `name`.
fn id(name: &str) -> String {
    name.replace('-', "_")
}
