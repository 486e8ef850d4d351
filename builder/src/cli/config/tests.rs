// SPDX-License-Identifier: BSD-2-Clause

//! The document on `kaal.toml` lists all options.

use std::fmt::Write;

use clap::Command;

use super::environment::variable;
use super::kind::Kind;
use super::option;

const DOCUMENT: &str = include_str!("../../../../docs/configuration.md");

/// A row for each option of `command`.
fn rows(command: &Command) -> String {
    let mut rows = String::new();
    for argument in command.get_arguments() {
        let Some(name) = option(argument) else {
            continue;
        };
        let kind = match Kind::of(argument) {
            Kind::Switch => "boolean".to_owned(),
            Kind::Number => "integer".to_owned(),
            Kind::Path => "path".to_owned(),
            Kind::Choice(names) => format!("`\"{}\"`", names.join("\"`, `\"")),
            Kind::Text => "string".to_owned(),
        };
        let help = argument.get_help().map(ToString::to_string);
        let help = help.unwrap_or_default();
        let default = argument.get_default_values().first();
        let default = default.map(|value| format!(" [default: {}]", value.display()));
        let default = default.unwrap_or_default();
        let variable = variable(name);
        writeln!(
            rows,
            "| `{name}` | `{variable}` | {kind} | {help}{default} |"
        )
        .expect("memory");
    }
    rows
}

#[test]
fn all_options_are_documented() {
    let rows = rows(&crate::cli::command());
    let documented: String = DOCUMENT
        .lines()
        .filter(|line| line.starts_with("| `") && line.contains("`KAAL_"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(
        documented, rows,
        "docs/configuration.md should have:\n{rows}"
    );
}
