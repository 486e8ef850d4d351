// SPDX-License-Identifier: BSD-2-Clause

//! Compares device trees by nodes and properties.

use std::collections::BTreeMap;

use kaal_devicetree::DeviceTree;

use super::{maps, only};
use crate::diagnostic::shorten;
use crate::format::digest::hexadecimal;

/// For each node's path, its properties by name.
type Nodes = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

/// Start of the line about the property that holds an image's measurement.
const COMPUTED: &str = "/chosen: kaal,measurement differs";

/// Most characters of a value that are shown.
const SHOWN: usize = 40;

/// Lists the differences. Empty if either isn't a device tree.
pub(super) fn compare(one: &[u8], other: &[u8]) -> Vec<String> {
    let (Some(one), Some(other)) = (read(one), read(other)) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for (path, ours, theirs) in maps(&one, &other) {
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            lines.push(format!("{path}: {}", only(ours.is_some())));
            continue;
        };
        for (name, ours, theirs) in maps(ours, theirs) {
            match (ours, theirs) {
                (Some(ours), Some(theirs)) if ours == theirs => {}
                (Some(ours), Some(theirs)) => {
                    let (ours, theirs) = (show(ours), show(theirs));
                    lines.push(format!("{path}: {name} differs: {ours}, {theirs}"));
                }
                _ => lines.push(format!("{path}: {name} {}", only(ours.is_some()))),
            }
        }
    }
    lines
}

/// Whether a line of [`compare`] is about a value that the builder computes.
pub(super) fn is_computed(line: &str) -> bool {
    line.starts_with(COMPUTED)
}

/// The nodes of a device tree, and its memory reservations as one more node.
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
    let reservations = tree.reservations();
    let reservations = reservations.map(|range| (range.to_string(), Vec::new()));
    nodes.insert("/memreserve/".to_owned(), reservations.collect());
    Some(nodes)
}

/// Shows a value as text if possible, else as numbers.
fn show(value: &[u8]) -> String {
    let text = value.strip_suffix(&[0]).unwrap_or_default();
    let is_text = !text.is_empty() && text.iter().all(|byte| (b' '..=b'~').contains(byte));
    let shown = match is_text {
        true => format!("{:?}", String::from_utf8_lossy(text)),
        false => {
            let cells: Vec<_> = value.chunks(size_of::<u32>()).map(hexadecimal).collect();
            format!("<{}>", cells.join(" "))
        }
    };
    shorten(&shown, SHOWN)
}
