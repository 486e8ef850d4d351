// SPDX-License-Identifier: BSD-2-Clause

//! What was chosen, and what payload headers say, compared by the names that manifests use.

use serde_json::{Map, Value};

use super::report::{Difference, Report};
use super::side::Side;
use crate::manifest::{Facts, Role};

/// Most letters of a value that are shown.
const SHOWN: usize = 24;

/// Fields of a payload header that change with what they are computed of.
const COMPUTED: [&str; 3] = ["measurement", "signature", "digest"];

pub(super) fn compare(one: &Side<'_>, other: &Side<'_>, report: &mut Report) {
    let formats = [one, other].map(|side| side.image.format().name().to_owned().into());
    let compressions = [one, other].map(|side| side.image.compression().name().to_owned().into());
    let mut details = Vec::new();
    for (name, [one, other]) in [("format", formats), ("compress", compressions)] {
        walk(name, &one, &other, &mut details);
    }
    if let (Some(one), Some(other)) = (&one.manifest, &other.manifest) {
        walk("kaal", &one["kaal"], &other["kaal"], &mut details);
        let mut settings = Vec::new();
        walk("", &one["settings"], &other["settings"], &mut settings);
        let is_new = |(name, _): &(String, String)| name != "format" && name != "compress";
        details.extend(settings.into_iter().filter(is_new));
    }
    add(report, "settings", details, false);
    add(report, "inputs", inputs(one, other), false);

    let facts = [one, other].map(|side| {
        let facts = serde_json::to_value(Facts::new(&side.image.payload()));
        // Facts are text and numbers, all of which JSON has.
        facts.unwrap_or_default()
    });
    let mut details = Vec::new();
    walk("", &facts[0], &facts[1], &mut details);
    let (computed, chosen) = details.into_iter().partition(|(name, _)| {
        let last = name.rsplit('.').next();
        last.is_some_and(|last| COMPUTED.contains(&last))
    });
    add(report, "payload header", chosen, false);
    add(report, "payload header", computed, true);
}

/// The files that were not the same, where manifests tell.
fn inputs(one: &Side<'_>, other: &Side<'_>) -> Vec<(String, String)> {
    if one.manifest.is_none() || other.manifest.is_none() {
        return Vec::new();
    }
    let describe = |input: Option<&Value>| match input {
        Some(input) => format!("{} {}", show(&input["name"]), show(&input["sha256"])),
        None => "none".to_owned(),
    };
    let roles = Role::ALL.into_iter();
    let pairs = roles.map(|role| (role, [one, other].map(|side| side.input(role))));
    let hash = |input: Option<&Value>| input.map(|input| input["sha256"].clone());
    pairs
        .filter(|(_, [one, other])| hash(*one) != hash(*other))
        .map(|(role, inputs)| {
            let [one, other] = inputs.map(describe);
            (role.name().to_owned(), format!("{one}, {other}"))
        })
        .collect()
}

fn add(report: &mut Report, part: &str, details: Vec<(String, String)>, follows: bool) {
    if details.is_empty() {
        return;
    }
    let mut difference = Difference::new(part);
    let lines = details.into_iter();
    difference.details = lines
        .map(|(name, values)| format!("{name}: {values}"))
        .collect();
    report.add(match follows {
        true => difference.following(),
        false => difference,
    });
}

/// Adds the names and values of what differs between `one` and `other`, which are called `name`.
fn walk(name: &str, one: &Value, other: &Value, found: &mut Vec<(String, String)>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for key in keys(one, other) {
                let name = match name {
                    "" => key.clone(),
                    _ => format!("{name}.{key}"),
                };
                let value = |fields: &Map<String, Value>| fields.get(key).cloned();
                let (one, other) = (value(one), value(other));
                walk(
                    &name,
                    &one.unwrap_or_default(),
                    &other.unwrap_or_default(),
                    found,
                );
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for index in 0..one.len().max(other.len()) {
                let (one, other) = (one.get(index), other.get(index));
                let kind = one.or(other).and_then(|element| element["kind"].as_str());
                let name = match kind {
                    Some(kind) => format!("{name}[{index}] ({kind})"),
                    None => format!("{name}[{index}]"),
                };
                match (one, other) {
                    (Some(one), Some(other)) => walk(&name, one, other, found),
                    (one, _) => {
                        let side = if one.is_some() { "first" } else { "second" };
                        found.push((name, format!("only the {side} has it")));
                    }
                }
            }
        }
        _ if one == other => {}
        _ => found.push((name.to_owned(), format!("{}, {}", show(one), show(other)))),
    }
}

/// The names of fields, each once.
fn keys<'a>(one: &'a Map<String, Value>, other: &'a Map<String, Value>) -> Vec<&'a String> {
    let more = other.keys().filter(|key| !one.contains_key(*key));
    one.keys().chain(more).collect()
}

fn show(value: &Value) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
