// SPDX-License-Identifier: BSD-2-Clause

//! Options of a project, that are not given again with each command: in `kaal.toml`, and in variables of the
//! environment.
//!
//! A value on the command line goes first, then one in the environment, then one in the file, which becomes the
//! option's default. Those from the last two are checked one by one, so that messages name where they stand.

mod environment;
mod file;
mod kind;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use self::file::Setting;
use self::kind::Kind;
use super::{Failure, USAGE};
use crate::diagnostic::{Diagnostic, Flag, Origin};

pub(super) use environment::with_environment;

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

/// The options that are in effect.
pub(super) struct Configuration {
    pub(super) arguments: Arguments,
    command: Command,
    /// The file that was read, if any was, and what it gives.
    file: Option<PathBuf>,
    settings: Vec<Setting>,
    pub(super) matches: ArgMatches,
}

impl Configuration {
    /// Reads the options of `command` from `line`, the environment and the file. `first_look` tells which are on the
    /// command line.
    pub(super) fn read(
        command: Command,
        line: &[OsString],
        first_look: &ArgMatches,
    ) -> Result<Self, Failure> {
        let arguments = Arguments::from_arg_matches(first_look).unwrap_or_default();
        let mut command = without_requirements(command);
        let (mut file, mut settings) = (None, Vec::new());
        if !arguments.no_config {
            environment::check(&command, |id| is_on_command_line(first_look, id))
                .map_err(Failure::usage)?;
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
        })
    }

    /// The options as a TOML file, in which a comment tells where each value comes from.
    pub(super) fn printed(&self) -> String {
        let arguments = self.command.get_arguments();
        let lines = arguments.filter_map(|argument| {
            let name = option(argument)?;
            let source = match self.matches.value_source(argument.get_id().as_str()) {
                Some(ValueSource::CommandLine) => Some(format!("--{name}")),
                _ => self.source(name),
            };
            Some(match source {
                Some(source) => format!("{name} = {} # {source}\n", self.value(argument)),
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
            // Leading zeros, which TOML has none of.
            Kind::Number if !text.starts_with("0x") => match text.trim_start_matches(['+', '0']) {
                "" => "0".to_owned(),
                digits => digits.to_owned(),
            },
            Kind::Number => text.into_owned(),
            Kind::Path | Kind::Choice(_) | Kind::Text => toml::Value::from(&*text).to_string(),
        }
    }

    /// Lets `diagnostics` name what gave the options that they are about.
    pub(super) fn name_sources(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let source = |flag: Flag| self.source(flag.to_string().strip_prefix("--")?);
        let diagnostics = diagnostics.into_iter();
        diagnostics
            .map(|diagnostic| diagnostic.with_sources(source))
            .collect()
    }

    /// A variable, a line of a file, or that it is the default; `None` for the command line.
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

    /// Checks that all options are given that are needed.
    pub(super) fn check_complete(&self) -> Result<(), Failure> {
        let mut missing = Vec::new();
        for flag in REQUIRED {
            let option = flag.to_string();
            let name = option.trim_start_matches('-');
            if !self.matches.contains_id(&id(name)) {
                missing.push(self.missing(flag, name));
            }
        }
        Failure::check(USAGE, missing)
    }

    fn missing(&self, flag: Flag, name: &str) -> Diagnostic {
        let diagnostic = Origin::new(flag, "").diagnostic("not given");
        if self.arguments.no_config {
            return diagnostic
                .expected(format!("the option --{name}"))
                .found("none, and --no-config lets nothing else give it")
                .remedy(format!("add --{name} FILE"));
        }
        let found = match &self.file {
            Some(path) => format!("none of them; the file is {}", path.display()),
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
}

/// What `settings` give for the option `name`.
fn find<'a>(settings: &'a [Setting], name: Option<&str>) -> Option<&'a Setting> {
    let mut settings = settings.iter();
    settings.find(|setting| Some(setting.name.as_str()) == name)
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
    let said = error.err()?.to_string();
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
