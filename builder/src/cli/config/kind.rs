// SPDX-License-Identifier: BSD-2-Clause

//! What kind of value an option takes, told from how the command line reads it.

use std::any::TypeId;

use clap::{Arg, ValueHint};

use super::is_switch;

/// What an option's value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `true` or `false`.
    Switch,
    /// An integer that is not negative.
    Number,
    /// The path of a file.
    Path,
    /// One of these.
    Choice(Vec<String>),
    /// Any text.
    Text,
}

impl Kind {
    pub(super) fn of(argument: &Arg) -> Self {
        let value_type = argument.get_value_parser().type_id();
        let choices = argument.get_possible_values();
        if is_switch(argument) {
            Self::Switch
        } else if value_type == TypeId::of::<u64>() || value_type == TypeId::of::<u32>() {
            Self::Number
        } else if argument.get_value_hint() == ValueHint::AnyPath {
            Self::Path
        } else if choices.is_empty() {
            Self::Text
        } else {
            let names = choices.iter().map(|choice| choice.get_name().to_owned());
            Self::Choice(names.collect())
        }
    }

    /// What to write, for people.
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Switch => "true or false".to_owned(),
            Self::Number => "an integer from 0, decimal or hexadecimal with 0x".to_owned(),
            Self::Path => "a string, the path of a file".to_owned(),
            Self::Choice(names) => format!("a string, one of {}", names.join(", ")),
            Self::Text => "a string".to_owned(),
        }
    }

    /// A value, as in a TOML file.
    pub(super) fn example(&self) -> String {
        match self {
            Self::Switch => "true".to_owned(),
            Self::Number => "NUMBER, such as 4 or 0x1000".to_owned(),
            Self::Path => "\"FILE\"".to_owned(),
            Self::Choice(names) => format!("{:?}", names.first().map_or("", String::as_str)),
            Self::Text => "\"TEXT\"".to_owned(),
        }
    }
}
