// SPDX-License-Identifier: BSD-2-Clause

//! Reading `kaal.toml`.

use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::{Arg, Command};
use toml::de::{DeTable, DeValue};

use super::kind::Kind;
use super::{Assignment, objection, option};
use crate::diagnostic::{Diagnostic, Flag, Origin};

/// How alike a name must be for it to be suggested, from 0 to 1.
const ALIKE: f64 = 0.8;

/// A file with options.
#[derive(Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
    settings: Vec<Setting>,
}

/// An option in a file.
#[derive(Debug)]
struct Setting {
    name: String,
    /// The line that it stands in, from 1.
    line: usize,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Text(String),
    /// As on the command line.
    Integer(String),
    Switch(bool),
    /// Something else: what it is called.
    Other(&'static str),
}

impl Value {
    fn new(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(number) => Self::Integer(match number.radix() {
                16 => format!("0x{}", number.as_str()),
                10 => number.as_str().to_owned(),
                _ => return Self::Other("an integer that is neither decimal nor hexadecimal"),
            }),
            DeValue::Boolean(switch) => Self::Switch(*switch),
            DeValue::Float(_) => Self::Other("a floating-point number"),
            DeValue::Datetime(_) => Self::Other("a date or a time"),
            DeValue::Array(_) => Self::Other("an array"),
            DeValue::Table(_) => Self::Other("a table"),
        }
    }

    fn description(&self) -> String {
        match self {
            Self::Text(text) => format!("the string {text:?}"),
            Self::Integer(number) => format!("the integer {number}"),
            Self::Switch(switch) => format!("the boolean {switch}"),
            Self::Other(description) => (*description).to_owned(),
        }
    }

    /// As it would stand on the command line, if it is of this kind. Paths are relative to `folder`.
    fn as_argument(&self, kind: &Kind, folder: &Path) -> Option<OsString> {
        match (self, kind) {
            (Self::Switch(switch), Kind::Switch) => Some(switch.to_string().into()),
            (Self::Integer(number), Kind::Number) => Some(number.into()),
            (Self::Text(path), Kind::Path) if !path.is_empty() => Some(folder.join(path).into()),
            (Self::Text(text), Kind::Choice(_) | Kind::Text) => Some(text.into()),
            _ => None,
        }
    }
}

impl ConfigFile {
    /// Reads the options that stand in `content`.
    pub(super) fn parse(path: &Path, content: &[u8]) -> Result<Self, Diagnostic> {
        let malformed = |line: usize, found: &str| {
            origin(path)
                .diagnostic(format!("line {line}: not TOML"))
                .expected("a TOML file: a line such as `kernel = \"kernel.elf\"` for each option")
                .found(found)
                .remedy(format!("correct line {line}"))
        };
        let text = str::from_utf8(content).map_err(|error| {
            let good = content.get(..error.valid_up_to()).unwrap_or_default();
            malformed(line_after(good), "bytes that are not UTF-8")
        })?;
        let line_at = |span: Range<usize>| {
            let before = text.as_bytes().get(..span.start);
            line_after(before.unwrap_or_default())
        };
        let table = DeTable::parse(text).map_err(|error| {
            malformed(line_at(error.span().unwrap_or_default()), error.message())
        })?;
        let mut settings: Vec<_> = table
            .get_ref()
            .iter()
            .map(|(name, value)| Setting {
                name: name.get_ref().to_string(),
                line: line_at(name.span()),
                value: Value::new(value.get_ref()),
            })
            .collect();
        settings.sort_by_key(|setting| setting.line);
        Ok(Self {
            path: path.to_owned(),
            settings,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The options that the file gives, if all of them are ones of `command`.
    pub(super) fn check(&self, command: &Command) -> Result<Vec<Assignment>, Diagnostic> {
        let check = |setting| self.check_one(setting, command);
        self.settings.iter().map(check).collect()
    }

    fn check_one(&self, setting: &Setting, command: &Command) -> Result<Assignment, Diagnostic> {
        let Setting { name, line, value } = setting;
        let mut arguments = command.get_arguments();
        let argument = arguments
            .find(|argument| option(argument) == Some(name))
            .ok_or_else(|| self.unknown(setting, command))?;
        let kind = Kind::of(argument);
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let Some(text) = value.as_argument(&kind, folder) else {
            return Err(self.wrong(setting, argument, "not what the option takes"));
        };
        if kind != Kind::Switch
            && let Some(objection) = objection(command, name, &text)
        {
            return Err(self.wrong(setting, argument, &objection));
        }
        let source = format!("{}:{line}", self.path.display());
        Ok(Assignment::new(argument, name, &text, source))
    }

    fn wrong(&self, setting: &Setting, argument: &Arg, problem: &str) -> Diagnostic {
        let Setting { name, line, value } = setting;
        let kind = Kind::of(argument);
        origin(&self.path)
            .diagnostic(format!("line {line}: {name}: {problem}"))
            .expected(kind.expected())
            .found(value.description())
            .remedy(format!("write {name} = {}", kind.example()))
    }

    fn unknown(&self, setting: &Setting, command: &Command) -> Diagnostic {
        let Setting { name, line, .. } = setting;
        let plain = name.trim_start_matches('-').replace('_', "-");
        let known = command.get_arguments().filter_map(option);
        let nearest = known
            .map(|known| (strsim::jaro_winkler(known, &plain), known))
            .filter(|(likeness, _)| *likeness > ALIKE)
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        let remedy = match nearest {
            Some((_, nearest)) => format!("did you mean {nearest}?"),
            None => "remove it; docs/configuration.md lists all keys".to_owned(),
        };
        origin(&self.path)
            .diagnostic(format!("line {line}: unknown key {name}"))
            .expected("the name of an option for making images, without dashes in front")
            .found(name)
            .remedy(remedy)
    }
}

fn origin(path: &Path) -> Origin<'_> {
    Origin {
        flag: Flag::Config,
        value: path,
    }
}

/// The number of the line, from 1, that `before` ends in.
fn line_after(before: &[u8]) -> usize {
    1 + before.iter().filter(|&&byte| byte == b'\n').count()
}
