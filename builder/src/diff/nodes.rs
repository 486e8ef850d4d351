// SPDX-License-Identifier: BSD-2-Clause

//! Device trees compared by nodes and properties.

use std::collections::BTreeMap;

use kaal_devicetree::DeviceTree;

/// Properties by name, by path of the node.
type Nodes = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

/// The end of a line about the property that an image's measurement is written to.
const COMPUTED: &str = "/chosen: kaal,measurement differs";

/// Most letters of a value that are shown.
const SHOWN: usize = 40;

/// What differs, in words; nothing where one of both isn't a device tree.
pub(super) fn compare(one: &[u8], other: &[u8]) -> Vec<String> {
    let (Some(one), Some(other)) = (read(one), read(other)) else {
        return Vec::new();
    };
    let empty = BTreeMap::new();
    let mut lines = Vec::new();
    for path in union(&one, &other) {
        match (one.get(path), other.get(path)) {
            (Some(_), None) => lines.push(format!("{path}: only in the first")),
            (None, Some(_)) => lines.push(format!("{path}: only in the second")),
            (ours, theirs) => {
                let (ours, theirs) = (ours.unwrap_or(&empty), theirs.unwrap_or(&empty));
                compare_node(path, ours, theirs, &mut lines);
            }
        }
    }
    lines
}

/// Whether a line of [`compare`] is about what the builder computes.
pub(super) fn is_computed(line: &str) -> bool {
    line.starts_with(COMPUTED)
}

fn compare_node(
    path: &str,
    one: &BTreeMap<String, Vec<u8>>,
    other: &BTreeMap<String, Vec<u8>>,
    lines: &mut Vec<String>,
) {
    for name in union(one, other) {
        let line = match (one.get(name), other.get(name)) {
            (Some(_), None) => format!("{path}: {name} only in the first"),
            (None, Some(_)) => format!("{path}: {name} only in the second"),
            (Some(one), Some(other)) if one != other => {
                format!("{path}: {name} differs: {}, {}", show(one), show(other))
            }
            _ => continue,
        };
        lines.push(line);
    }
}

/// The keys of both, each once.
fn union<'a, T>(one: &'a BTreeMap<String, T>, other: &'a BTreeMap<String, T>) -> Vec<&'a String> {
    let mut keys: Vec<_> = one.keys().chain(other.keys()).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// The nodes of a device tree, and its memory reservations as one more.
fn read(blob: &[u8]) -> Option<Nodes> {
    let tree = DeviceTree::parse(blob).ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut nodes = Nodes::new();
    let mut path = Vec::new();
    for place in tree.walk() {
        let node = place.node();
        path.truncate(place.depth().saturating_sub(1));
        path.push(text(node.name()));
        let name = match path.join("/") {
            root if root.is_empty() => "/".to_owned(),
            name => name,
        };
        let properties = node.properties();
        let properties = properties.map(|property| (text(property.name), property.value.to_vec()));
        nodes.insert(name, properties.collect());
    }
    let reservations = tree
        .reservations()
        .map(|range| (range.to_string(), Vec::new()));
    nodes.insert("/memreserve/".to_owned(), reservations.collect());
    Some(nodes)
}

/// A value as text, if it is some, else as numbers.
fn show(value: &[u8]) -> String {
    let text = value.strip_suffix(&[0]).unwrap_or_default();
    let is_text = !text.is_empty() && text.iter().all(|byte| (b' '..=b'~').contains(byte));
    let shown = match is_text {
        true => format!("{:?}", String::from_utf8_lossy(text)),
        false => {
            let bytes: Vec<_> = value.iter().map(|byte| format!("{byte:02x}")).collect();
            let cells: Vec<_> = bytes
                .chunks(size_of::<u32>())
                .map(|cell| cell.concat())
                .collect();
            format!("<{}>", cells.join(" "))
        }
    };
    match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}
