// SPDX-License-Identifier: BSD-2-Clause

//! Types of values in `kaal.toml`, derived from clap's parser of each option.

use std::any::TypeId;

use clap::{Arg, ValueHint};

use super::is_switch;

/// The type of an option's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `true` or `false`.
    Switch,
    /// An integer from 0.
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

    /// The expected value in words, and an example in TOML.
    pub(super) fn wanted(&self) -> (String, String) {
        let (expected, example) = match self {
            Self::Switch => ("true or false", "true"),
            Self::Number => (
                "an integer from 0, decimal or hexadecimal with 0x",
                "NUMBER, such as 4 or 0x1000",
            ),
            Self::Path => ("a string, the path of a file", "\"FILE\""),
            Self::Text => ("a string", "\"TEXT\""),
            Self::Choice(names) => {
                let example = names.first().map_or("", String::as_str);
                let expected = format!("a string, one of {}", names.join(", "));
                return (expected, format!("{example:?}"));
            }
        };
        (expected.to_owned(), example.to_owned())
    }
}
