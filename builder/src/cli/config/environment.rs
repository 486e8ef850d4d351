// SPDX-License-Identifier: BSD-2-Clause

//! Environment variables: `KAAL_KERNEL` sets `--kernel`.

use std::ffi::OsString;

use clap::Command;

use super::kind::Kind;
use super::nearest::nearest;
use super::{objection, option};
use crate::diagnostic::{Diagnostic, Flag, Origin};

/// The beginning of each variable's name.
const PREFIX: &str = "KAAL_";

/// Lets `command` read options from variables.
pub(crate) fn with_environment(command: Command) -> Command {
    command.mut_args(|argument| match option(&argument).map(variable) {
        Some(variable) => argument.env(variable).hide_env_values(true),
        None => argument,
    })
}

/// Checks the variables of all options of `command` that aren't on the command line.
pub(super) fn check(
    command: &Command,
    is_on_command_line: impl Fn(&str) -> bool,
) -> Result<(), Diagnostic> {
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let Some(variable) = option(argument).map(variable) else {
            continue;
        };
        let Some(value) = std::env::var_os(&variable).filter(|_| !is_on_command_line(id)) else {
            continue;
        };
        if let Some(problem) = objection(command, argument, &value) {
            let mut setting = OsString::from(format!("{variable}="));
            setting.push(&value);
            return Err(Origin::new(Flag::Environment, &setting)
                .diagnostic(problem)
                .expected(Kind::of(argument).wanted().0)
                .found(format!("{:?}", value.to_string_lossy()))
                .remedy(format!("correct or unset {variable}")));
        }
    }
    Ok(())
}

/// Warns of variables that look like options of `command` but set none.
pub(super) fn unknown(command: &Command) -> Vec<Diagnostic> {
    let known: Vec<_> = command
        .get_arguments()
        .filter_map(option)
        .map(variable)
        .collect();
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let unknown = names.filter(|name| name.starts_with(PREFIX) && !known.contains(name));
    let mut unknown: Vec<_> = unknown.collect();
    unknown.sort();
    let warnings = unknown.iter().map(|name| {
        let nearest = nearest(command, &name[PREFIX.len()..].to_lowercase());
        Origin::new(Flag::Environment, name)
            .diagnostic("unknown variable, ignored")
            .expected(format!(
                "{PREFIX} and the name of an option for making images"
            ))
            .found(name)
            .remedy(match nearest.map(variable) {
                Some(nearest) => format!("rename it to {nearest}"),
                None => format!("unset {name}; docs/configuration.md lists all variables"),
            })
    });
    warnings.collect()
}

/// The variable that sets the option `name`.
pub(super) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.replace('-', "_").to_uppercase())
}
