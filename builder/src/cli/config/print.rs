// SPDX-License-Identifier: BSD-2-Clause

//! The options that are in effect, as a file that sets them.

use std::fmt::{self, Display, Formatter};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::kind::Kind;
use super::{Configuration, option};

/// Shown as a TOML file, in which a comment tells where each value comes from.
pub(crate) struct Printed<'a> {
    pub(crate) command: &'a Command,
    pub(crate) configuration: &'a Configuration,
    pub(crate) matches: &'a ArgMatches,
}

impl Display for Printed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for argument in self.command.get_arguments() {
            if let Some(name) = option(argument) {
                self.line(argument, name, f)?;
            }
        }
        Ok(())
    }
}

impl Printed<'_> {
    fn line(&self, argument: &Arg, name: &str, f: &mut Formatter<'_>) -> fmt::Result {
        let id = argument.get_id().as_str();
        let source = match (
            self.configuration.source(name),
            self.matches.value_source(id),
        ) {
            (Some(source), _) => source.to_owned(),
            (None, None) => return writeln!(f, "# {name} is not set"),
            (None, Some(ValueSource::CommandLine)) => format!("--{name}"),
            (None, Some(_)) => "default".to_owned(),
        };
        writeln!(f, "{name} = {} # {source}", self.value(argument))
    }

    /// The value, as in a TOML file.
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
}
