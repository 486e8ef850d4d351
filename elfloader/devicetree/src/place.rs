// SPDX-License-Identifier: BSD-2-Clause

//! A node and its ancestors, and the addresses of a node (Devicetree Specification v0.4, section 2.3).

use kaal_payload::{PhysAddr, PhysRange};

use crate::cells::{CELL, Cells, cell};
use crate::error::MAX_DEPTH;
use crate::text::share;
use crate::tokens::{Initials, Token};
use crate::{DeviceTree, Misunderstanding, Node};

/// The most entries of a bus's `ranges` that translate an address, to limit the work that a malformed tree causes.
const MAX_RANGES: usize = 512;

/// `#address-cells` of nodes that don't state it.
const DEFAULT_ADDRESS_CELLS: usize = 2;

/// `#size-cells` of nodes that don't state it.
const DEFAULT_SIZE_CELLS: usize = 1;

/// A node on the path to another. All zero above the root.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// Offset of the name.
    name: usize,
    /// Offset of the first property.
    properties: usize,
    /// How the children are addressed. Read at the first child: reading it at each would take the number of children
    /// times that of properties.
    bus: Bus,
}

/// How the children of a node are addressed.
#[derive(Clone, Copy, Debug, Default)]
struct Bus {
    address_cells: usize,
    size_cells: usize,
    /// Start and end of the value of `ranges`, or zeroes.
    ranges: (usize, usize),
}

/// A node and its ancestors.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    pub(crate) tree: &'a DeviceTree<'a>,
    /// The nodes from the root to this one, behind an empty level.
    levels: [Level; MAX_DEPTH + 1],
    /// Number of nodes on the path.
    depth: usize,
    /// The initials of its properties `device_type`, `method` and `#interrupt-cells`, and perhaps of others.
    pub(crate) initials: Initials,
}

impl<'a> Place<'a> {
    /// Above the root.
    pub(crate) fn outside(tree: &'a DeviceTree<'a>) -> Self {
        Self {
            tree,
            levels: [Level::default(); _],
            depth: 0,
            initials: 0,
        }
    }

    /// Goes to a child. `None` if this would be too deep.
    pub(crate) fn enter(&mut self, node: &Token) -> Option<()> {
        let level = self.levels.get_mut(self.depth + 1)?;
        (level.name, level.properties) = (node.name, node.next);
        self.depth += 1;
        Some(())
    }

    /// Goes to the parent.
    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Whether the root was not entered yet.
    pub(crate) fn root_is_ahead(&self) -> bool {
        self.levels[1].properties == 0
    }

    /// Reads how the node's children are addressed.
    pub(crate) fn read_bus(&mut self) {
        let cells = |name, default| match self.property(name) {
            Some(value) if value.len() == CELL => cell(value, 0) as usize,
            _ => default,
        };
        let bus = Bus {
            address_cells: cells(b"#address-cells", DEFAULT_ADDRESS_CELLS),
            size_cells: cells(b"#size-cells", DEFAULT_SIZE_CELLS),
            ranges: self.tree.place_of(self.properties(), b"ranges"),
        };
        if let Some(level) = self.levels.get_mut(self.depth) {
            level.bus = bus;
        }
    }

    /// The number of nodes from the root to this one, both included.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The node.
    pub fn node(&self) -> Node<'a> {
        let level = self.above(0);
        Node {
            tree: self.tree,
            name: level.name,
            properties: level.properties,
        }
    }

    /// The ancestor `levels` above the node.
    #[inline(never)]
    fn above(&self, levels: usize) -> &Level {
        let index = self.depth.saturating_sub(levels);
        self.levels.get(index).unwrap_or(&self.levels[0])
    }

    /// Offset of the first property.
    pub(crate) fn properties(&self) -> usize {
        self.above(0).properties
    }

    /// The value of the property `name`.
    pub(crate) fn property(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.tree.property(self.properties(), name)
    }

    /// The value of the property `name` as a number with all its cells.
    pub fn number(&self, name: &[u8]) -> Option<u64> {
        let bytes = self.property(name)?;
        Cells { bytes, offset: 0 }.take(bytes.len() / CELL)
    }

    /// Whether the property `name` holds one of `strings`, which have a nul at their end.
    pub(crate) fn lists(&self, name: &[u8], strings: &[u8]) -> bool {
        self.property(name)
            .is_some_and(|value| share(value, strings))
    }

    /// Whether the node has no `status`, or one of "okay" (Devicetree Specification v0.4, section 2.3.4) and "ok", as
    /// in older trees.
    pub fn is_operational(&self) -> bool {
        self.property(b"status")
            .is_none_or(|status| share(status, b"okay\0ok\0"))
    }

    /// Whether the ancestor `levels` above the node is named `name`, which may omit the unit address.
    pub(crate) fn is_named(&self, levels: usize, name: &[u8]) -> bool {
        self.tree.is_named(self.above(levels).name, name)
    }

    /// Whether this is the node at `path`.
    pub fn is_at(&self, path: &[u8]) -> bool {
        let Some((b'/', names)) = path.split_first() else {
            return false;
        };
        // From the node to the root, since most paths differ at their end.
        let names = names.rsplit(|&byte| byte == b'/');
        let mut names = names.filter(|name| !name.is_empty());
        (0..self.depth.saturating_sub(1))
            .all(|levels| names.next().is_some_and(|name| self.is_named(levels, name)))
            && names.next().is_none()
    }

    /// The first number in `reg`, if that is an identifier and not an address.
    pub fn id(&self) -> Option<u64> {
        self.reg().cells.take(self.above(1).bus.address_cells)
    }

    /// The physical addresses in `reg`, up to the first that a bus above the node doesn't pass on.
    pub fn reg(&self) -> Reg<'_, 'a> {
        Reg {
            place: self,
            cells: Cells {
                bytes: self.property(b"reg").unwrap_or_default(),
                offset: 0,
            },
        }
    }

    /// Translates an address on the parent's bus through the `ranges` of all buses up to the root
    /// (Devicetree Specification v0.4, section 2.3.8).
    fn to_physical(&self, address: u64) -> Option<u64> {
        let mut address = address;
        for level in 1..self.depth.saturating_sub(1) {
            address = self.translate(address, level)?;
        }
        Some(address)
    }

    /// Translates an address on the bus `level` above the node to one on the bus above that.
    fn translate(&self, address: u64, level: usize) -> Option<u64> {
        let Bus {
            address_cells,
            size_cells,
            ranges: (start, end),
        } = self.above(level).bus;
        if start == end {
            return (start != 0).then_some(address);
        }
        if address_cells == 0 {
            return None;
        }
        let above = &self.above(level + 1).bus;
        let mut ranges = Cells {
            bytes: self.tree.slice(start, end),
            offset: 0,
        };
        for _ in 0..MAX_RANGES {
            let child = ranges.take(address_cells)?;
            let parent = ranges.take(above.address_cells)?;
            let length = ranges.take(size_cells)?;
            match address.checked_sub(child) {
                Some(offset) if offset < length => return parent.checked_add(offset),
                _ => {}
            }
        }
        None
    }
}

/// Iterates over the entries of a `reg`.
#[derive(Clone, Debug)]
pub struct Reg<'p, 'a> {
    place: &'p Place<'a>,
    /// The entries that follow.
    cells: Cells<'a>,
}

impl Reg<'_, '_> {
    /// Why the next entry was not returned; `None` at the end.
    pub(crate) fn misunderstanding(&self) -> Option<Misunderstanding> {
        let (size, bus) = (self.cells.bytes.len(), &self.place.above(1).bus);
        if self.cells.offset == size {
            return None;
        }
        let entry = CELL * (bus.address_cells + bus.size_cells);
        if bus.address_cells == 0 || !size.is_multiple_of(entry) {
            return Some(Misunderstanding::OtherSize { size, entry });
        }
        let mut cells = self.cells;
        let start = cells.take(bus.address_cells);
        Some(match start.map(|start| self.place.to_physical(start)) {
            Some(None) => Misunderstanding::NotPassedOn,
            _ => Misunderstanding::TooHigh,
        })
    }
}

impl Iterator for Reg<'_, '_> {
    type Item = PhysRange;

    #[inline(never)]
    fn next(&mut self) -> Option<PhysRange> {
        let bus = &self.place.above(1).bus;
        if bus.address_cells == 0 {
            return None;
        }
        let mut cells = self.cells;
        let start = cells.take(bus.address_cells)?;
        let size = cells.take(bus.size_cells)?;
        let range = PhysRange::from_size(PhysAddr(self.place.to_physical(start)?), size)?;
        self.cells = cells;
        Some(range)
    }
}
