// SPDX-License-Identifier: BSD-2-Clause

//! Errors, warnings and notes on standard error, as text or JSON.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::printable;

use super::NAME;

/// The format of errors and warnings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Messages {
    /// Text
    #[default]
    Human,
    /// JSON, one object per line
    Json,
}

/// The option that all commands share.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Format of errors and warnings
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
    /// The format in `arguments`. Clap tells it only for a valid command line.
    pub(super) fn peek(arguments: &[OsString]) -> Self {
        let mut words = arguments.iter();
        let mut pairs = arguments.windows(2);
        let is_json = words.any(|word| word == "--message-format=json")
            || pairs.any(|pair| pair == ["--message-format", "json"]);
        if is_json { Self::Json } else { Self::Human }
    }

    /// Writes a diagnostic of the level "error" or "warning".
    pub(super) fn write(self, level: &str, diagnostic: &Diagnostic) {
        if self == Self::Human {
            return print(&format!("{level}: {diagnostic}"));
        }
        let details = diagnostic.details();
        print_json(&json!({
            "level": level,
            "flag": diagnostic.flag().to_string(),
            "value": diagnostic.value().to_string_lossy(),
            "source": diagnostic.source(),
            "problem": details.problem,
            "expected": details.expected,
            "found": details.found,
            "remedy": details.remedy,
        }));
    }

    /// Writes a note about the new image.
    pub(super) fn write_note(self, message: &str) {
        match self {
            Self::Human => print(message),
            Self::Json => print_json(&json!({"level": "note", "message": message})),
        }
    }

    /// Writes an error of clap, or the help that was asked for. Returns the exit status.
    pub(super) fn write_usage(self, error: clap::Error) -> ExitCode {
        let error = escape(with_tip(error));
        if self == Self::Json && error.use_stderr() {
            let text = error.to_string();
            let message = text.strip_prefix("error: ").unwrap_or(&text);
            print_json(&json!({
                "level": "error",
                "kind": format!("{:?}", error.kind()),
                "message": message.trim_end(),
            }));
        } else {
            // An error means that nobody reads the output.
            let _ = error.print();
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
    }
}

/// `error` with a tip, if a file stands where a subcommand should.
fn with_tip(mut error: clap::Error) -> clap::Error {
    let file = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) if Path::new(word).is_file() => word,
        _ => return error,
    };
    let tip = format!("to look at a file, run `{NAME} inspect {file}`");
    error.insert(
        ContextKind::Suggested,
        ContextValue::StyledStrs(vec![tip.into()]),
    );
    error
}

/// `error` with the arguments that it quotes escaped.
pub(super) fn escape(mut error: clap::Error) -> clap::Error {
    let context = error.context();
    let context: Vec<_> = context.map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in context {
        let escaped = match value {
            ContextValue::String(text) => ContextValue::String(printable::line(&text)),
            ContextValue::StyledStrs(tips) => {
                let tips = tips.iter().map(|tip| printable::line(&tip.to_string()));
                ContextValue::StyledStrs(tips.map(Into::into).collect())
            }
            other => other,
        };
        error.insert(kind, escaped);
    }
    error
}

fn print_json(object: &Value) {
    print(&printable::json(&object.to_string()));
}

/// Prints `text` and a newline. An error means that nobody reads it.
fn print(text: &str) {
    let _ = writeln!(io::stderr(), "{}", printable::lines(text));
}
