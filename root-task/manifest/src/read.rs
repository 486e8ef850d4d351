// SPDX-License-Identifier: BSD-2-Clause

//! Reads the file, key by key.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{Component, Lined, Mistake, Restart};

const KEYS: [&str; 13] = [
    "name", "binary", "priority", "memory", "slots", "stack", "devices", "provides", "needs",
    "restart", "budget", "period", "operator",
];

const DEFAULT_STACK: u64 = 16 * 1024;
/// A component may run all the time, in turns of 10 ms.
const DEFAULT_PERIOD: u64 = 10_000;

pub(crate) fn components(text: &str) -> Result<Vec<Component>, Mistake> {
    let document = DeTable::parse(text).map_err(|error| {
        let line = line_of(text, &error.span().unwrap_or_default());
        Mistake::new(line, "syntax", error.message())
    })?;
    let mut components = Vec::new();
    for (key, value) in document.get_ref() {
        if key.get_ref() != "component" {
            let line = line_of(text, &key.span());
            return Err(unknown(line, key.get_ref(), "[[component]]"));
        }
        let line = line_of(text, &value.span());
        let DeValue::Array(entries) = value.get_ref() else {
            return Err(Mistake::new(line, "component", "[[component]] expected"));
        };
        for entry in entries.iter() {
            let line = line_of(text, &entry.span());
            let DeValue::Table(table) = entry.get_ref() else {
                return Err(Mistake::new(line, "component", "a table expected"));
            };
            components.push(component(&Table { text, table, line })?);
        }
    }
    Ok(components)
}

fn component(table: &Table<'_>) -> Result<Component, Mistake> {
    table.check_keys(&KEYS)?;
    let period = table.number("period", 1, u64::MAX)?;
    let period = period.map_or(DEFAULT_PERIOD, |period| period.value);
    let budget = table.number("budget", 1, period)?;
    let priority = table.number("priority", 1, 254)?;
    let priority = priority.ok_or_else(|| table.missing("priority"))?.value;
    let slots = table.number("slots", 1, u64::MAX)?;
    let memory = table.number("memory", 1, u64::MAX)?;
    let stack = table.number("stack", 4096, 1 << 24)?;
    Ok(Component {
        name: table.string("name")?.ok_or_else(|| table.missing("name"))?,
        binary: table
            .string("binary")?
            .ok_or_else(|| table.missing("binary"))?,
        priority: u8::try_from(priority).unwrap_or(u8::MAX),
        memory: memory.ok_or_else(|| table.missing("memory"))?,
        slots: slots.ok_or_else(|| table.missing("slots"))?,
        stack: stack.map_or(DEFAULT_STACK, |stack| stack.value),
        devices: table.strings("devices")?,
        provides: table.strings("provides")?,
        needs: table.strings("needs")?,
        restart: table.restart()?,
        budget: budget.map_or(period, |budget| budget.value),
        period,
        operator: table.boolean("operator")?,
    })
}

/// A table and where it stands.
struct Table<'a> {
    text: &'a str,
    table: &'a DeTable<'a>,
    line: usize,
}

impl<'a> Table<'a> {
    fn check_keys(&self, known: &[&str]) -> Result<(), Mistake> {
        for key in self.table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let line = line_of(self.text, &key.span());
                return Err(unknown(line, key.get_ref(), &known.join(", ")));
            }
        }
        Ok(())
    }

    fn missing(&self, key: &str) -> Mistake {
        Mistake::new(self.line, key, "expected, not found")
    }

    fn get(&self, key: &str) -> Option<(&'a Spanned<DeValue<'a>>, usize)> {
        let value = self.table.get(key)?;
        Some((value, line_of(self.text, &value.span())))
    }

    fn number(&self, key: &str, least: u64, most: u64) -> Result<Option<Lined<u64>>, Mistake> {
        let Some((value, line)) = self.get(key) else {
            return Ok(None);
        };
        let number = value.get_ref().as_integer().and_then(|integer| {
            let digits = integer.as_str().replace('_', "");
            u64::from_str_radix(&digits, integer.radix()).ok()
        });
        match number {
            Some(value) if (least..=most).contains(&value) => Ok(Some(Lined { value, line })),
            _ => {
                let problem = format!("a number from {least} to {most} expected");
                Err(Mistake::new(line, key, problem))
            }
        }
    }

    fn string(&self, key: &str) -> Result<Option<Lined<String>>, Mistake> {
        let Some((value, line)) = self.get(key) else {
            return Ok(None);
        };
        match value.get_ref().as_str() {
            Some(text) if !text.is_empty() => Ok(Some(Lined {
                value: text.to_owned(),
                line,
            })),
            _ => Err(Mistake::new(line, key, "a text expected")),
        }
    }

    fn strings(&self, key: &str) -> Result<Vec<Lined<String>>, Mistake> {
        let Some((value, line)) = self.get(key) else {
            return Ok(Vec::new());
        };
        let wrong = || Mistake::new(line, key, "a list of texts expected");
        let list = value.get_ref().as_array().ok_or_else(wrong)?;
        list.iter()
            .map(|entry| {
                let text = entry.get_ref().as_str().ok_or_else(wrong)?;
                Ok(Lined {
                    value: text.to_owned(),
                    line: line_of(self.text, &entry.span()),
                })
            })
            .collect()
    }

    fn boolean(&self, key: &str) -> Result<bool, Mistake> {
        match self.get(key) {
            None => Ok(false),
            Some((value, line)) => value
                .get_ref()
                .as_bool()
                .ok_or_else(|| Mistake::new(line, key, "true or false expected")),
        }
    }

    fn restart(&self) -> Result<Restart, Mistake> {
        const KEY: &str = "restart";
        let Some((value, line)) = self.get(KEY) else {
            return Ok(Restart::Never);
        };
        match value.get_ref() {
            DeValue::String(text) if text == "never" => Ok(Restart::Never),
            DeValue::String(text) if text == "always" => Ok(Restart::Always),
            DeValue::Table(table) => {
                let text = self.text;
                let table = Table { text, table, line };
                table.check_keys(&["times", "back-off"])?;
                let times = table.number("times", 1, u32::MAX.into())?;
                let times = times.ok_or_else(|| table.missing("times"))?.value;
                let back_off = table.number("back-off", 0, u32::MAX.into())?;
                Ok(Restart::Times(
                    u32::try_from(times).unwrap_or(u32::MAX),
                    back_off.map_or(0, |back_off| back_off.value),
                ))
            }
            _ => Err(Mistake::new(
                line,
                KEY,
                "\"never\", \"always\" or { times = N, back-off = MILLISECONDS } expected",
            )),
        }
    }
}

fn unknown(line: usize, key: &str, known: &str) -> Mistake {
    Mistake::new(line, key, format!("unknown key, known are: {known}"))
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.get(..span.start).unwrap_or(text);
    before.matches('\n').count() + 1
}
