// SPDX-License-Identifier: BSD-2-Clause

//! Reads from a device tree which memory only its owner may access.

use std::fmt;

use kaal_devicetree::{DeviceTree, MemoryKind};
use kaal_payload::PhysRange;

/// Reserved memory with `no-map`.
#[derive(Clone, Debug)]
pub(crate) struct NoMap {
    node: String,
    pub(crate) memory: PhysRange,
}

/// Displayed with the node, as `0x40000000..0x40001000, which the node firmware@40000000 keeps to itself (no-map)`.
impl fmt::Display for NoMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node, memory } = self;
        write!(
            f,
            "{memory}, which the node {node} keeps to itself (no-map)"
        )
    }
}

/// All such memory in `tree`.
pub(super) fn read(tree: &DeviceTree<'_>) -> Vec<NoMap> {
    let mut all = Vec::new();
    let nodes = tree.walk();
    for place in nodes.filter(|place| place.memory_kind() == Some(MemoryKind::NoMap)) {
        let node = place.node().name().escape_ascii().to_string();
        all.extend(place.reg().map(|memory| NoMap {
            node: node.clone(),
            memory,
        }));
    }
    all
}
