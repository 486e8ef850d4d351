// SPDX-License-Identifier: BSD-2-Clause

//! Compares device trees by nodes and properties.

use std::collections::BTreeMap;

use kaal_devicetree::DeviceTree;

use super::{maps, only};
use crate::diagnostic::shorten;
use crate::format::digest::hexadecimal;

/// For each node's path, its properties by name.
type Nodes = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

/// Node and name of the property that the builder computes: an image's measurement.
const COMPUTED: (&str, &str) = ("/chosen", "kaal,measurement");

/// Most characters of a value that are shown.
const SHOWN: usize = 40;

/// Lists the differences, and says whether all are computed. Empty if either isn't a device tree.
pub(super) fn compare(one: &[u8], other: &[u8]) -> (Vec<String>, bool) {
    let (mut lines, mut are_computed) = (Vec::new(), true);
    let (Some(one), Some(other)) = (read(one), read(other)) else {
        return (lines, false);
    };
    for (path, ours, theirs) in maps(&one, &other) {
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            lines.push(format!("{path}: {}", only(ours.is_some())));
            are_computed = false;
            continue;
        };
        for (name, ours, theirs) in maps(ours, theirs) {
            if ours == theirs {
                continue;
            }
            lines.push(match (ours, theirs) {
                (Some(ours), Some(theirs)) => {
                    let (ours, theirs) = (show(ours), show(theirs));
                    format!("{path}: {name} differs: {ours}, {theirs}")
                }
                _ => format!("{path}: {name} {}", only(ours.is_some())),
            });
            are_computed &= (path.as_str(), name.as_str()) == COMPUTED;
        }
    }
    (lines, are_computed)
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

#[cfg(test)]
mod tests {
    use vm_fdt::FdtWriter;

    use super::compare;

    /// The writer allows no other names, so the test replaces this one.
    const VALID: &str = "chosen--kaal-measurement@differs";
    const FORGED: &str = "chosen: kaal,measurement differs";

    /// A device tree with a node that has the property `reg`.
    fn tree(reg: u32) -> Vec<u8> {
        let write = || {
            let mut tree = FdtWriter::new()?;
            let root = tree.begin_node("")?;
            let node = tree.begin_node(VALID)?;
            tree.property_u32("reg", reg)?;
            tree.end_node(node)?;
            tree.end_node(root)?;
            tree.finish()
        };
        let mut blob = write().expect("a device tree");
        let mut names = blob.windows(VALID.len());
        let place = names.position(|name| name == VALID.as_bytes());
        let place = place.expect("the name");
        blob[place..][..FORGED.len()].copy_from_slice(FORGED.as_bytes());
        blob
    }

    #[test]
    fn a_forged_name_does_not_look_computed() {
        let (lines, are_computed) = compare(&tree(1), &tree(2));
        assert_eq!(
            lines,
            [format!("/{FORGED}: reg differs: <00000001>, <00000002>")]
        );
        assert!(!are_computed);
    }
}
