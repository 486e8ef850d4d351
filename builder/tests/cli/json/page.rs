// SPDX-License-Identifier: BSD-2-Clause

//! Keys and types in `docs/json.md` and in JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// For each key, the types of its value, in the words of the page.
pub(crate) type Keys = BTreeMap<String, BTreeSet<String>>;

/// Type of a key that may be missing.
const ABSENT: &str = "absent";

/// The keys in the section `title` of the page.
pub(crate) fn described(title: &str) -> Keys {
    let page = include_str!("../../../../docs/json.md");
    let heading = format!("## {title}");
    let lines = page.lines().skip_while(|line| *line != heading).skip(1);
    let section = lines.take_while(|line| !line.starts_with("## "));
    let rows = section.filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let key = cells.next()?.strip_suffix('`')?;
        let types = cells.next()?.split(" or ").map(str::to_owned);
        let meaning = cells.next()?.trim_end_matches(" |");
        assert!(!meaning.is_empty(), "{key}");
        Some((key.to_owned(), types.collect()))
    });
    let keys = Keys::from_iter(rows);
    assert!(!keys.is_empty(), "{title}");
    keys
}

/// The keys in `values`, which are of one kind.
pub(crate) fn written<'a>(values: impl IntoIterator<Item = &'a Value>) -> Keys {
    let mut keys = Keys::new();
    add("", &Vec::from_iter(values), &mut keys);
    keys
}

/// Adds the keys of the objects among `values`, which stand at the same place.
fn add(place: &str, values: &[&Value], keys: &mut Keys) {
    let objects: Vec<_> = values
        .iter()
        .filter_map(|value| value.as_object())
        .collect();
    let names: BTreeSet<_> = objects.iter().flat_map(|object| object.keys()).collect();
    for name in names {
        let key = format!("{place}{name}");
        let found: Vec<_> = objects
            .iter()
            .filter_map(|object| object.get(name))
            .collect();
        let types = keys.entry(key.clone()).or_default();
        if found.len() < objects.len() {
            types.insert(ABSENT.to_owned());
        }
        types.extend(found.iter().flat_map(|value| types_of(value)));
        add(&format!("{key}."), &found, keys);
        let lists = found.iter().filter_map(|value| value.as_array());
        add(
            &format!("{key}[]."),
            &lists.flatten().collect::<Vec<_>>(),
            keys,
        );
    }
}

/// The types of `value`. An empty list has none, since it fits any.
fn types_of(value: &Value) -> Vec<String> {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "number",
        Value::Number(_) => "another number",
        Value::String(_) => "text",
        Value::Object(_) => "object",
        Value::Array(elements) => {
            let elements = elements.iter().flat_map(types_of);
            return elements.map(|name| list_of(&name)).collect();
        }
    };
    vec![name.to_owned()]
}

fn list_of(element: &str) -> String {
    match element {
        "object" => "list of objects".to_owned(),
        _ => format!("list of {element}"),
    }
}
