// SPDX-License-Identifier: BSD-2-Clause

//! The nodes of a device tree, as `dtoolkit` reads them, and their addresses.

use std::collections::BTreeMap;
use std::rc::Rc;

use dtoolkit::fdt::FdtNode;
use dtoolkit::{Node as _, Property as _};

/// A node with its ancestors.
pub(crate) struct Node {
    /// The names on the path; empty for the root.
    pub(crate) path: String,
    properties: BTreeMap<String, Vec<u8>>,
    pub(crate) parent: Option<Rc<Self>>,
}

/// The first address and the size of memory or registers.
pub(crate) type Range = (u64, u64);

/// All nodes, each before its children.
pub(crate) fn all(root: FdtNode<'_>) -> Vec<Rc<Node>> {
    let mut all = Vec::new();
    add(root, None, &mut all);
    all
}

fn add(node: FdtNode<'_>, parent: Option<Rc<Node>>, all: &mut Vec<Rc<Node>>) {
    let properties = node.properties();
    let properties =
        properties.map(|property| (property.name().to_owned(), property.value().to_owned()));
    let own = Rc::new(Node {
        path: match &parent {
            None => String::new(),
            Some(parent) => format!("{}/{}", parent.path, node.name()),
        },
        properties: properties.collect(),
        parent,
    });
    all.push(Rc::clone(&own));
    for child in node.children() {
        add(child, Some(Rc::clone(&own)), all);
    }
}

impl Node {
    /// The name without the unit address.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split('@').next().unwrap_or_default()
    }

    pub(crate) fn value(&self, name: &str) -> Option<&[u8]> {
        self.properties.get(name).map(Vec::as_slice)
    }

    /// The strings in a property.
    pub(crate) fn strings(&self, name: &str) -> Vec<String> {
        let value = self.value(name).unwrap_or_default();
        let text = String::from_utf8_lossy(value);
        let ended = text.strip_suffix('\0').unwrap_or_default();
        match ended {
            "" => Vec::new(),
            _ => ended.split('\0').map(str::to_owned).collect(),
        }
    }

    /// Whether a property holds one of `strings`.
    pub(crate) fn holds(&self, name: &str, strings: &[&str]) -> bool {
        let held = self.strings(name);
        held.iter().any(|held| strings.contains(&held.as_str()))
    }

    /// The cells of a property.
    fn cells(&self, name: &str) -> Vec<u32> {
        let (cells, _) = self.value(name).unwrap_or_default().as_chunks();
        cells.iter().map(|cell| u32::from_be_bytes(*cell)).collect()
    }

    /// The number that all cells of a property make.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.value(name)?;
        join(&self.cells(name))
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.value("status").is_none() || self.holds("status", &["okay", "ok"])
    }

    /// `#address-cells` and `#size-cells` for the children.
    fn bus(&self) -> [usize; 2] {
        [("#address-cells", 2), ("#size-cells", 1)].map(|(name, default)| {
            let cells = self.cells(name);
            cells.first().map_or(default, |cells| *cells as usize)
        })
    }

    /// The first number in `reg` of a node that has no address on a bus.
    pub(crate) fn id(&self) -> Option<u64> {
        let [cells, _] = self.parent.as_ref()?.bus();
        join(self.cells("reg").get(..cells)?)
    }

    /// The physical addresses in `reg`.
    pub(crate) fn reg(&self) -> Vec<Range> {
        let Some(bus) = &self.parent else {
            return Vec::new();
        };
        let [address, size] = bus.bus();
        let cells = self.cells("reg");
        let entries = cells.chunks_exact((address + size).max(1));
        let ranges = entries.map_while(|entry| {
            let (start, size) = entry.split_at_checked(address)?;
            Some((bus.to_physical(join(start)?)?, join(size)?))
        });
        ranges.collect()
    }

    /// The physical address for an address of a child.
    fn to_physical(&self, child: u64) -> Option<u64> {
        let Some(parent) = &self.parent else {
            return Some(child);
        };
        if self.value("ranges")?.is_empty() {
            return parent.to_physical(child);
        }
        let ([address, size], [outside, _]) = (self.bus(), parent.bus());
        let cells = self.cells("ranges");
        let mut ranges = cells.chunks_exact(address + outside + size);
        ranges.find_map(|range| {
            let (inside, rest) = range.split_at(address);
            let (outside, length) = rest.split_at(outside);
            let offset = child.checked_sub(join(inside)?)?;
            let is_inside = offset < join(length)?;
            is_inside.then(|| parent.to_physical(join(outside)? + offset))?
        })
    }
}

/// The number that cells make, if it fits 64 bits.
fn join(cells: &[u32]) -> Option<u64> {
    let number = cells.iter().fold(0u128, |number, cell| {
        number << u32::BITS | u128::from(*cell)
    });
    u64::try_from(number).ok().filter(|_| cells.len() <= 4)
}
