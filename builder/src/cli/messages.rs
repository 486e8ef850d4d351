// SPDX-License-Identifier: BSD-2-Clause

//! Errors and warnings on standard error: for people, or for programs.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::diagnostic::{Details, Diagnostic};

/// How errors and warnings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Messages {
    /// As text
    #[default]
    Human,
    /// As JSON, an object in a line for each
    Json,
}

/// The option that every command takes.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// How errors and warnings are written
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t
    )]
    pub(super) message_format: Messages,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// It can't be done.
    Error,
    /// It was done.
    Warning,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Messages {
    /// What `arguments` ask for, be they right or wrong.
    pub(super) fn peek(arguments: &[OsString]) -> Self {
        const OPTION: &str = "--message-format";
        let json = Self::Json.to_possible_value();
        let is_json = |value: &str| json.as_ref().is_some_and(|json| json.get_name() == value);
        let pairs = arguments.windows(2);
        let in_two = pairs.filter_map(|pair| Some((pair[0].to_str()?, pair[1].to_str()?)));
        let in_one = arguments
            .iter()
            .filter_map(|argument| argument.to_str()?.split_once('='));
        let mut given = in_two.chain(in_one);
        match given.any(|(option, value)| option == OPTION && is_json(value)) {
            true => Self::Json,
            false => Self::Human,
        }
    }

    /// Writes a diagnostic.
    pub(super) fn write(self, level: Level, diagnostic: &Diagnostic) {
        let name = level.name();
        match self {
            Self::Human => eprintln!("{name}: {diagnostic}"),
            Self::Json => {
                let Details {
                    problem,
                    expected,
                    found,
                    remedy,
                } = diagnostic.details();
                let object = json!({
                    "level": name,
                    "flag": diagnostic.flag().to_string(),
                    "value": diagnostic.value().to_string_lossy(),
                    "source": diagnostic.source(),
                    "problem": problem,
                    "expected": expected,
                    "found": found,
                    "remedy": remedy,
                });
                eprintln!("{object}");
            }
        }
    }

    /// Writes what was asked for besides, with `--verbose`.
    pub(super) fn write_note(self, message: &str) {
        match self {
            Self::Human => eprintln!("{message}"),
            Self::Json => eprintln!("{}", json!({"level": "note", "message": message})),
        }
    }

    /// Writes what is wrong with the command line, or the help that it asks for. Returns the status to end with.
    pub(super) fn write_usage(self, error: &clap::Error) -> ExitCode {
        if self == Self::Json && error.use_stderr() {
            let text = error.to_string();
            let message = text.strip_prefix("error: ").unwrap_or(&text);
            let object = json!({
                "level": Level::Error.name(),
                "kind": format!("{:?}", error.kind()),
                "message": message.trim_end(),
            });
            eprintln!("{object}");
        } else {
            // Whoever doesn't read to the end doesn't want to know.
            let _ = error.print();
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
    }
}
