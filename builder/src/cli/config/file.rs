// SPDX-License-Identifier: BSD-2-Clause

//! Reads `kaal.toml`.

use std::ffi::OsString;
use std::ops::Range;
use std::path::Path;

use clap::{Arg, Command};
use toml::de::{DeInteger, DeTable, DeValue};

use super::kind::Kind;
use super::nearest::nearest;
use super::{objection, option};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::bounded;
use crate::files::kind::{FileKind, TOML};

/// An option that the file sets.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) name: String,
    /// As on the command line.
    pub(super) value: OsString,
    /// The file and the line.
    pub(super) source: String,
}

/// A key of the file and its value.
struct Entry<'a> {
    path: &'a Path,
    /// Number of its line, from 1.
    line: usize,
    name: &'a str,
    value: &'a DeValue<'a>,
}

/// Reads the file at `path`. Each key must be an option of `command`.
pub(super) fn read(path: &Path, command: &Command) -> Result<Vec<Setting>, Diagnostic> {
    let content = bounded::read(Origin::new(Flag::Config, path))?;
    let malformed = |line: usize, found: &str| {
        let diagnostic = Origin::new(Flag::Config, path)
            .diagnostic(format!("line {line}: not TOML"))
            .expected("TOML, with a line such as `kernel = \"kernel.elf\"` for each option")
            .found(found)
            .remedy(format!("correct line {line}"));
        let kind = FileKind::of(&content);
        match kind.can_be(TOML) {
            true => diagnostic,
            false => kind.found_by(diagnostic.remedy("pass a file in this format")),
        }
    };
    let line_at = |offset: usize| {
        let before = content.iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    };
    let text = str::from_utf8(&content)
        .map_err(|error| malformed(line_at(error.valid_up_to()), "bytes that are not UTF-8"))?;
    let start = |span: Option<Range<usize>>| span.unwrap_or_default().start;
    let table = DeTable::parse(text)
        .map_err(|error| malformed(line_at(start(error.span())), error.message()))?;
    let entries = table.get_ref().iter().map(|(name, value)| Entry {
        path,
        line: line_at(name.span().start),
        name: name.get_ref(),
        value: value.get_ref(),
    });
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|entry| entry.line);
    entries.iter().map(|entry| entry.setting(command)).collect()
}

impl Entry<'_> {
    fn setting(&self, command: &Command) -> Result<Setting, Diagnostic> {
        let mut arguments = command.get_arguments();
        let argument = arguments
            .find(|argument| option(argument) == Some(self.name))
            .ok_or_else(|| self.unknown(command))?;
        let value = self
            .as_argument(&Kind::of(argument))
            .ok_or_else(|| self.wrong(argument, "the option takes another type of value"))?;
        match objection(command, argument, &value) {
            Some(objection) => Err(self.wrong(argument, &objection)),
            None => Ok(Setting {
                name: self.name.to_owned(),
                value,
                source: format!("{}:{}", self.path.display(), self.line),
            }),
        }
    }

    /// The value as on the command line, if it is of this kind. Paths are relative to the file's folder.
    fn as_argument(&self, kind: &Kind) -> Option<OsString> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        match (self.value, kind) {
            (DeValue::Boolean(switch), Kind::Switch) => Some(switch.to_string().into()),
            (DeValue::Integer(number), Kind::Number) => Some(written(number)?.into()),
            (DeValue::String(path), Kind::Path) if !path.is_empty() => {
                Some(folder.join(&**path).into())
            }
            (DeValue::String(text), Kind::Choice(_) | Kind::Text) => Some((**text).into()),
            _ => None,
        }
    }

    fn description(&self) -> String {
        match self.value {
            DeValue::String(text) => format!("the string {text:?}"),
            DeValue::Integer(number) => match written(number) {
                Some(number) => format!("the integer {number}"),
                None => "an integer in another notation".to_owned(),
            },
            DeValue::Boolean(switch) => format!("the boolean {switch}"),
            DeValue::Float(_) => "a floating-point number".to_owned(),
            DeValue::Datetime(_) => "a date or a time".to_owned(),
            DeValue::Array(_) => "an array".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    fn diagnostic(&self, problem: &str) -> Diagnostic {
        let origin = Origin::new(Flag::Config, self.path);
        origin.diagnostic(format!("line {}: {problem}", self.line))
    }

    fn wrong(&self, argument: &Arg, problem: &str) -> Diagnostic {
        let Self { name, .. } = self;
        let (expected, example) = Kind::of(argument).wanted();
        self.diagnostic(&format!("{name}: {problem}"))
            .expected(expected)
            .found(self.description())
            .remedy(format!("write {name} = {example}"))
    }

    fn unknown(&self, command: &Command) -> Diagnostic {
        let remedy = match nearest(command, self.name) {
            Some(nearest) => format!("rename it to {nearest}"),
            None => "remove it; docs/configuration.md lists all keys".to_owned(),
        };
        self.diagnostic(&format!("unknown key {}", self.name))
            .expected("an option for making images, without its dashes")
            .found(self.name)
            .remedy(remedy)
    }
}

/// `number` as on the command line, which takes decimal and hexadecimal numbers only.
fn written(number: &DeInteger<'_>) -> Option<String> {
    match number.radix() {
        16 => Some(format!("0x{}", number.as_str())),
        10 => Some(number.as_str().to_owned()),
        _ => None,
    }
}
