// SPDX-License-Identifier: BSD-2-Clause

//! Reading `kaal.toml`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::{Arg, Command, ValueHint};
use toml::de::{DeTable, DeValue};

use super::{is_switch, option, refusal};
use crate::finding::{Finding, Flag, Origin};

/// How alike a name must be for it to be suggested, from 0 to 1.
const ALIKE: f64 = 0.7;

/// Options that were read from a file.
#[derive(Debug)]
pub(super) struct File {
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
    /// As the file writes it, without what only makes it easier to read.
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
}

impl File {
    /// Reads the options that stand in `content`.
    pub(super) fn parse(origin: Origin<'_>, content: &[u8]) -> Result<Self, Finding> {
        let malformed = |line: usize, found: &str| {
            origin
                .finding(format!("line {line}: malformed"))
                .expected("a TOML file: a line such as `kernel = \"kernel.elf\"` for each option")
                .found(found)
                .remedy("correct the line")
        };
        let text = str::from_utf8(content).map_err(|error| {
            let good = content.get(..error.valid_up_to()).unwrap_or_default();
            malformed(line_of(good), "bytes that are not UTF-8")
        })?;
        let line_at = |span: Range<usize>| {
            let before = text.get(..span.start).unwrap_or(text);
            line_of(before.as_bytes())
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
            path: origin.value.to_owned(),
            settings,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The line that sets the option `name`, if one does.
    pub(super) fn line(&self, name: &str) -> Option<usize> {
        let mut settings = self.settings.iter();
        Some(settings.find(|setting| setting.name == name)?.line)
    }

    /// The values of all options, as they would stand on the command line.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the first that `command` does not take.
    pub(super) fn values(&self, command: &Command) -> Result<BTreeMap<String, String>, Finding> {
        let settings = self.settings.iter();
        settings
            .map(|setting| Ok((setting.name.clone(), self.value(setting, command)?)))
            .collect()
    }

    fn origin(&self) -> Origin<'_> {
        Origin {
            flag: Flag::Config,
            value: &self.path,
        }
    }

    fn value(&self, setting: &Setting, command: &Command) -> Result<String, Finding> {
        let Setting { name, line, value } = setting;
        let mut arguments = command.get_arguments();
        let Some(argument) = arguments.find(|argument| option(argument) == Some(name)) else {
            return Err(self.unknown(setting, command));
        };
        let text = match (value, is_switch(argument)) {
            (Value::Switch(switch), true) => switch.to_string(),
            (Value::Text(text), false) => self.resolved(argument, text),
            (Value::Integer(number), false) => number.clone(),
            _ => {
                let expected = match is_switch(argument) {
                    true => "true or false",
                    false => "a string or an integer",
                };
                return Err(self
                    .origin()
                    .finding(format!("line {line}: {name}: a value of another type"))
                    .expected(expected)
                    .found(value.description())
                    .remedy("correct the value"));
            }
        };
        match refusal(command, name, text.as_ref()) {
            Some((reason, expected)) if !is_switch(argument) => Err(self
                .origin()
                .finding(format!("line {line}: {reason}"))
                .expected(expected.unwrap_or_else(|| "a value as on the command line".to_owned()))
                .found(value.description())
                .remedy("correct the value")),
            _ => Ok(text),
        }
    }

    /// Paths in a file are relative to the folder that it lies in.
    fn resolved(&self, argument: &Arg, text: &str) -> String {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        match argument.get_value_hint() {
            ValueHint::FilePath | ValueHint::AnyPath => folder.join(text).display().to_string(),
            _ => text.to_owned(),
        }
    }

    fn unknown(&self, setting: &Setting, command: &Command) -> Finding {
        let Setting { name, line, .. } = setting;
        let likeness = |known: &str| strsim::jaro_winkler(known, &name.replace('_', "-"));
        let known = command.get_arguments().filter_map(option);
        let nearest = known
            .map(|known| (likeness(known), known))
            .filter(|(likeness, _)| *likeness > ALIKE)
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        let remedy = match nearest {
            Some((_, nearest)) => format!("did you mean {nearest}?"),
            None => "remove the line; --help lists all options".to_owned(),
        };
        self.origin()
            .finding(format!("line {line}: unknown option {name}"))
            .expected("options of the command line, without the dashes before them")
            .found(name)
            .remedy(remedy)
    }
}

/// The number of the line, from 1, that follows `before`.
fn line_of(before: &[u8]) -> usize {
    1 + before.iter().filter(|&&byte| byte == b'\n').count()
}
