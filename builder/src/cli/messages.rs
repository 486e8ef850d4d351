// SPDX-License-Identifier: BSD-2-Clause

//! Errors and warnings on standard error: for people, or for programs.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::diagnostic::Diagnostic;

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

impl Messages {
    /// What `arguments` ask for, be they right or wrong.
    pub(super) fn peek(arguments: &[OsString]) -> Self {
        let mut words = arguments.iter();
        let mut pairs = arguments.windows(2);
        let is_json = words.any(|word| word == "--message-format=json")
            || pairs.any(|pair| pair == ["--message-format", "json"]);
        if is_json { Self::Json } else { Self::Human }
    }

    /// Writes what is wrong.
    pub(super) fn error(self, diagnostic: &Diagnostic) {
        self.write("error", diagnostic);
    }

    /// Writes what may be wrong.
    pub(super) fn warning(self, diagnostic: &Diagnostic) {
        self.write("warning", diagnostic);
    }

    fn write(self, level: &str, diagnostic: &Diagnostic) {
        if self == Self::Human {
            eprintln!("{level}: {diagnostic}");
            return;
        }
        let details = diagnostic.details();
        let object = json!({
            "level": level,
            "flag": diagnostic.flag().to_string(),
            "value": diagnostic.value().to_string_lossy(),
            "source": diagnostic.source(),
            "problem": details.problem,
            "expected": details.expected,
            "found": details.found,
            "remedy": details.remedy,
        });
        eprintln!("{object}");
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
                "level": "error",
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
