// SPDX-License-Identifier: BSD-2-Clause

//! Compares settings, inputs and payload headers, by their names in manifests.

use serde_json::{Map, Value, json};

use super::report::Report;
use super::side::Side;
use super::{lists, only};
use crate::diagnostic::shorten;
use crate::manifest::{ROLES, facts};

/// Most characters of a value that are shown.
const SHOWN: usize = 24;

/// Fields of a payload header that are computed from other content.
const COMPUTED: [&str; 3] = ["measurement", "signature", "digest"];

pub(super) fn compare(one: &Side<'_>, other: &Side<'_>, report: &mut Report) {
    let have_manifests = one.manifest.is_some() && other.manifest.is_some();
    let settings = [one, other].map(|side| settings(side, have_manifests));
    add(report, "settings", walk(&settings), false);
    if have_manifests {
        add(report, "inputs", inputs(one, other), false);
    }
    let facts = [one, other].map(|side| facts(&side.image.payload()));
    let (computed, chosen) = walk(&facts).into_iter().partition(|(name, _)| {
        let mut parts = name.rsplit('.');
        parts.next().is_some_and(|last| COMPUTED.contains(&last))
    });
    add(report, "payload header", chosen, false);
    add(report, "payload header", computed, true);
}

/// The settings of an image, from its file and, `with_manifest`, from its manifest.
fn settings(side: &Side<'_>, with_manifest: bool) -> Value {
    let image = &side.image;
    let mut settings = Map::from_iter([
        ("format".to_owned(), json!(image.format().name())),
        ("compress".to_owned(), json!(image.compression())),
    ]);
    if let Some(manifest) = side.manifest.as_ref().filter(|_| with_manifest) {
        settings.insert("kaal".to_owned(), manifest["kaal"].clone());
        for (name, value) in manifest["settings"].as_object().into_iter().flatten() {
            settings.entry(name).or_insert(value.clone());
        }
    }
    settings.into()
}

/// The input files that differ.
fn inputs(one: &Side<'_>, other: &Side<'_>) -> Vec<(String, String)> {
    let hash = |input: Option<&Value>| input.map(|input| input["sha256"].clone());
    let describe = |input: Option<&Value>| match input {
        Some(input) => format!("{} {}", show(&input["name"]), show(&input["sha256"])),
        None => "none".to_owned(),
    };
    let roles = ROLES.into_iter().filter_map(|(flag, name)| {
        let (one, other) = (one.input(flag), other.input(flag));
        let values = || format!("{}, {}", describe(one), describe(other));
        (hash(one) != hash(other)).then(|| (name.to_owned(), values()))
    });
    roles.collect()
}

fn add(report: &mut Report, part: &str, values: Vec<(String, String)>, follows: bool) {
    let values = values.into_iter();
    let details = values.map(|(name, values)| format!("{name}: {values}"));
    report.add(part, details.collect(), follows);
}

/// The names and values of all differences between two documents.
fn walk([one, other]: &[Value; 2]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk_into("", one, other, &mut found);
    found
}

/// Adds the differences between `one` and `other`, the fields `name` of their documents.
fn walk_into(name: &str, one: &Value, other: &Value, found: &mut Vec<(String, String)>) {
    match (one, other) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let more = theirs.keys().filter(|key| !ours.contains_key(*key));
            for key in ours.keys().chain(more) {
                let name = match name {
                    "" => key.clone(),
                    _ => format!("{name}.{key}"),
                };
                walk_into(&name, &one[key], &other[key], found);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for (index, pair) in lists(one, other).enumerate() {
                let element = pair.0.or(pair.1);
                let name = match element.and_then(|element| element["kind"].as_str()) {
                    Some(kind) => format!("{name}[{index}] ({kind})"),
                    None => format!("{name}[{index}]"),
                };
                match pair {
                    (Some(one), Some(other)) => walk_into(&name, one, other, found),
                    (one, _) => found.push((name, only(one.is_some()).to_owned())),
                }
            }
        }
        _ if one == other => {}
        _ => found.push((name.to_owned(), format!("{}, {}", show(one), show(other)))),
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => shorten(text, SHOWN),
        other => shorten(&other.to_string(), SHOWN),
    }
}
