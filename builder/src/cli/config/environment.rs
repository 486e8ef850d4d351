// SPDX-License-Identifier: BSD-2-Clause

//! Options in the environment: `KAAL_KERNEL` for `--kernel`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{Arg, Command};

use super::kind::Kind;
use super::{Assignment, is_switch, objection, option};
use crate::diagnostic::{Diagnostic, Flag, Origin};

/// The options of `command` that variables give, but for those that are on the command line.
pub(super) fn read(
    command: &Command,
    is_on_command_line: impl Fn(&str) -> bool,
) -> Result<Vec<Assignment>, Diagnostic> {
    let mut all = Vec::new();
    for argument in command.get_arguments() {
        let Some(name) = option(argument) else {
            continue;
        };
        let variable = variable(name);
        match std::env::var_os(&variable) {
            Some(value) if !is_on_command_line(argument.get_id().as_str()) => {
                check(command, argument, name, &value)?;
                all.push(Assignment::new(argument, name, &value, variable));
            }
            _ => {}
        }
    }
    Ok(all)
}

fn check(command: &Command, argument: &Arg, name: &str, value: &OsStr) -> Result<(), Diagnostic> {
    let problem = match is_switch(argument) {
        true if value == "true" || value == "false" => None,
        true => Some(format!("not a value of --{name}")),
        false => objection(command, name, value),
    };
    let Some(problem) = problem else {
        return Ok(());
    };
    let variable = variable(name);
    let mut setting = OsString::from(format!("{variable}="));
    setting.push(value);
    let origin = Origin {
        flag: Flag::Environment,
        value: Path::new(&setting),
    };
    Err(origin
        .diagnostic(problem)
        .expected(Kind::of(argument).expected())
        .found(format!("{:?}", value.to_string_lossy()))
        .remedy(format!("correct or unset {variable}")))
}

/// Lets the help of `command` name the variables.
pub(crate) fn with_environment(command: Command) -> Command {
    command.mut_args(|argument| match option(&argument).map(variable) {
        Some(variable) => argument.env(variable).hide_env_values(true),
        None => argument,
    })
}

/// The variable for the option `name`.
pub(super) fn variable(name: &str) -> String {
    format!("KAAL_{}", name.replace('-', "_").to_uppercase())
}
