// SPDX-License-Identifier: BSD-2-Clause

//! The options that are in effect, as a file that sets them.

use std::fmt;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches};

use super::{Configured, is_switch, option, variable};

/// Shown as a TOML file, in which a comment tells where each value comes from.
pub(crate) struct Printed<'a> {
    pub(crate) configured: &'a Configured,
    pub(crate) matches: &'a ArgMatches,
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for argument in self.configured.command.get_arguments() {
            if let Some(name) = option(argument) {
                self.line(argument, name, f)?;
            }
        }
        Ok(())
    }
}

impl Printed<'_> {
    fn line(&self, argument: &Arg, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = argument.get_id().as_str();
        let Some(source) = self.matches.value_source(id) else {
            return writeln!(f, "# {name} is not set");
        };
        let text = match is_switch(argument) {
            true => self.matches.get_flag(id).to_string(),
            false => {
                let mut values = self.matches.get_raw(id).into_iter().flatten();
                let value = values.next().unwrap_or_default().to_string_lossy();
                match value.parse::<i64>() {
                    Ok(number) => number.to_string(),
                    Err(_) => toml::Value::from(&*value).to_string(),
                }
            }
        };
        write!(f, "{name} = {text} # ")?;
        match source {
            ValueSource::CommandLine => writeln!(f, "--{name}"),
            ValueSource::EnvVariable => writeln!(f, "{}", variable(name)),
            _ => match self.configured.line(name) {
                Some((file, line)) => writeln!(f, "{}:{line}", file.display()),
                None => writeln!(f, "default"),
            },
        }
    }
}
