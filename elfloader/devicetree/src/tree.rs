// SPDX-License-Identifier: BSD-2-Clause

//! Nodes and properties of a flattened device tree (Devicetree Specification v0.4, sections 2 and 5.4).
//!
//! Names and strings are bytes. The specification allows only ASCII, and KaaL looks for no other names.

use kaal_payload::{PhysAddr, PhysRange};

use crate::Header;
use crate::error::{MAX_DEPTH, TreeError};
use crate::tokens::{MAX_NAME, Token, Tokens, before_nul};

/// The longest path of a node within [`MAX_DEPTH`].
const MAX_PATH: usize = MAX_DEPTH * (MAX_NAME + 1);

/// The most entries of a bus's `ranges` that translate an address, to limit the work that a malformed tree causes.
const MAX_RANGES: usize = 512;

/// `#address-cells` of nodes that don't state it.
const DEFAULT_ADDRESS_CELLS: usize = 2;

/// `#size-cells` of nodes that don't state it.
const DEFAULT_SIZE_CELLS: usize = 1;

/// A flattened device tree with a valid structure.
#[derive(Clone, Copy, Debug)]
pub struct DeviceTree<'a> {
    /// The structure block, up to its last token.
    pub(crate) structure: &'a [u8],
    /// The strings block.
    pub(crate) strings: &'a [u8],
    reservations: &'a [u8],
    /// `reg` of the core that boots.
    pub(crate) boot_cpu: u32,
}

impl<'a> DeviceTree<'a> {
    /// Reads the device tree at the start of `bytes`, and checks all of its structure.
    ///
    /// # Errors
    ///
    /// Fails with a [`TreeError`] if the device tree is malformed anywhere.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TreeError> {
        let header = Header::parse(bytes)?;
        let block = |range| {
            bytes.get(range).ok_or(TreeError::Truncated {
                expected: header.total_size,
                found: bytes.len(),
            })
        };
        let tree = Self {
            structure: block(header.structure.clone())?,
            strings: block(header.strings.clone())?,
            reservations: block(header.reservations.clone())?,
            boot_cpu: header.boot_cpu,
        };
        let mut walk = tree.walk();
        let mut roots = 0;
        while let Some(place) = walk.advance()? {
            roots += usize::from(place.depth == 1);
        }
        if roots != 1 {
            return Err(TreeError::Structure { offset: 0 });
        }
        Ok(Self {
            structure: tree
                .structure
                .get(..walk.tokens.offset())
                .unwrap_or_default(),
            ..tree
        })
    }

    /// The bytes of the structure block from `start` up to `end`.
    pub(crate) fn structure(&self, start: usize, end: usize) -> &'a [u8] {
        self.structure.get(start..end).unwrap_or_default()
    }

    /// The root node.
    pub(crate) fn root(&self) -> Option<Node<'a>> {
        self.node_at(0)
    }

    /// The node at `offset` in the structure block.
    fn node_at(&self, offset: usize) -> Option<Node<'a>> {
        let mut tokens = self.tokens_at(offset);
        match tokens.next() {
            Ok(Token::BeginNode(name)) => Some(Node {
                name,
                properties: tokens,
            }),
            _ => None,
        }
    }

    /// All nodes, each before its children.
    pub fn walk(&self) -> Walk<'a> {
        Walk {
            tokens: self.tokens_at(0),
            place: Place {
                tree: *self,
                levels: [Level::default(); MAX_DEPTH],
                depth: 0,
            },
            is_in_properties: false,
        }
    }

    /// The node at `path`, such as `/soc/serial@9000000`. The path may omit unit addresses.
    pub fn find(&self, path: &[u8]) -> Option<Place<'a>> {
        self.walk().find(|place| place.is_at(path))
    }

    fn tokens_at(&self, offset: usize) -> Tokens<'a> {
        Tokens::new(self.structure, self.strings, offset)
    }

    /// The memory reservation block without its last entry.
    pub(crate) fn reservation_entries(&self) -> &'a [u8] {
        let size = END_OF_RESERVATIONS.len();
        let mut entries = self.reservations.chunks_exact(size);
        let count = entries.position(|entry| entry.iter().all(|&byte| byte == 0));
        let count = count.unwrap_or(self.reservations.len() / size);
        self.reservations.get(..count * size).unwrap_or_default()
    }

    /// The entries of the memory reservation block.
    pub fn reservations(&self) -> impl Iterator<Item = PhysRange> + use<'a> {
        let mut cells = Cells(self.reservations);
        core::iter::from_fn(move || {
            let (start, size) = (cells.take(2)?, cells.take(2)?);
            (start != 0 || size != 0).then_some(PhysRange {
                start: PhysAddr(start),
                end: PhysAddr(start.saturating_add(size)),
            })
        })
    }
}

/// The end mark of the memory reservation block.
pub(crate) const END_OF_RESERVATIONS: [u8; 16] = [0; 16];

/// The nul-terminated string at `offset`.
fn string_at(block: &[u8], offset: usize) -> Option<&[u8]> {
    block.get(offset..).and_then(before_nul)
}

/// The strings in `list`, each with a nul at its end.
fn strings_in(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    core::iter::from_fn(move || {
        let string = string_at(rest, 0)?;
        rest = rest.get(string.len() + 1..)?;
        Some(string)
    })
}

/// Whether `string` is in `list`, whose strings have a nul at their end.
pub(crate) fn lists(list: &[u8], string: &[u8]) -> bool {
    strings_in(list).any(|listed| listed == string)
}

/// A property of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
    /// Offset of its end in the structure block.
    pub(crate) end: usize,
}

/// The name and the properties of a node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Node<'a> {
    name: &'a [u8],
    properties: Tokens<'a>,
}

impl<'a> Node<'a> {
    /// The name, with the unit address.
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// Offset of the first property in the structure block.
    pub(crate) fn start(&self) -> usize {
        self.properties.offset()
    }

    /// The properties.
    pub fn properties(&self) -> impl Iterator<Item = Property<'a>> + use<'a> {
        let mut tokens = self.properties;
        core::iter::from_fn(move || match tokens.next() {
            Ok(Token::Property(name, value)) => Some(Property {
                name,
                value,
                end: tokens.offset(),
            }),
            _ => None,
        })
    }

    /// The value of the property `name`.
    pub fn property(&self, name: &[u8]) -> Option<&'a [u8]> {
        let mut properties = self.properties();
        let property = properties.find(|property| property.name == name)?;
        Some(property.value)
    }

    /// The value of the property `name` as a number with all its cells.
    pub fn number(&self, name: &[u8]) -> Option<u64> {
        let value = self.property(name)?;
        Cells(value).take(value.len() / size_of::<u32>())
    }

    /// The first string in the property `name`.
    pub fn string(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.strings(name).next()
    }

    /// The strings in the property `name`.
    pub fn strings(&self, name: &[u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        strings_in(self.property(name).unwrap_or_default())
    }

    /// Whether `compatible` holds one of `models`, strings with a nul at their end.
    pub fn is_compatible(&self, models: &[u8]) -> bool {
        self.lists(b"compatible", models)
    }

    /// Whether the property `name` holds one of `strings`, which have a nul at their end.
    #[inline(never)]
    pub(crate) fn lists(&self, name: &[u8], strings: &[u8]) -> bool {
        self.strings(name).any(|found| lists(strings, found))
    }

    /// Whether the node has no `status`, or one of "okay" (Devicetree Specification v0.4, section 2.3.4) and
    /// "ok", as in older trees.
    pub fn is_operational(&self) -> bool {
        self.property(b"status").is_none() || self.lists(b"status", b"okay\0ok\0")
    }

    /// Whether the node's name is `name`, which may omit the unit address.
    fn is_named(&self, name: &[u8]) -> bool {
        let stem = self.name.split(|&byte| byte == b'@').next();
        self.name == name || stem == Some(name)
    }

    /// The number of 32-bit cells that the property `name` states.
    fn cells(&self, name: &[u8], default: usize) -> usize {
        match self.property(name) {
            Some(&[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]) as usize,
            _ => default,
        }
    }

    /// How the node's children are addressed.
    fn bus(&self) -> Bus<'a> {
        Bus {
            address_cells: self.cells(b"#address-cells", DEFAULT_ADDRESS_CELLS),
            size_cells: self.cells(b"#size-cells", DEFAULT_SIZE_CELLS),
            ranges: self.property(b"ranges"),
        }
    }
}

/// How the children of a node are addressed.
#[derive(Clone, Copy, Debug, Default)]
struct Bus<'a> {
    address_cells: usize,
    size_cells: usize,
    ranges: Option<&'a [u8]>,
}

/// A sequence of 32-bit cells.
#[derive(Clone, Copy, Debug)]
struct Cells<'a>(&'a [u8]);

impl Cells<'_> {
    /// Removes `count` cells from the start, and returns their number if it fits 64 bits.
    fn take(&mut self, count: usize) -> Option<u64> {
        let mut value = 0u64;
        for _ in 0..count {
            let (cell, rest) = self.0.split_first_chunk()?;
            if value >> u32::BITS != 0 {
                return None;
            }
            value = value << u32::BITS | u64::from(u32::from_be_bytes(*cell));
            self.0 = rest;
        }
        Some(value)
    }
}

/// A node on the path to another.
#[derive(Clone, Copy, Debug, Default)]
struct Level<'a> {
    /// Offset in the structure block.
    start: usize,
    /// Read at the first child. Reading it at each child would take the number of children times that of properties.
    bus: Bus<'a>,
}

/// A node and its ancestors.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    tree: DeviceTree<'a>,
    /// The nodes from the root to this one.
    levels: [Level<'a>; MAX_DEPTH],
    /// Number of nodes on the path.
    depth: usize,
}

impl<'a> Place<'a> {
    /// The number of nodes from the root to this one, both included.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The node.
    pub fn node(&self) -> Node<'a> {
        self.above(0).unwrap_or_default()
    }

    /// The ancestor `levels` above the node.
    fn above(&self, levels: usize) -> Option<Node<'a>> {
        self.tree.node_at(self.level(levels)?.start)
    }

    /// How the children of the ancestor `levels` above the node are addressed.
    fn bus(&self, levels: usize) -> Bus<'a> {
        self.level(levels)
            .map_or_else(Bus::default, |level| level.bus)
    }

    fn level(&self, levels: usize) -> Option<&Level<'a>> {
        self.levels.get(self.depth.checked_sub(levels + 1)?)
    }

    /// Reads how the node's children are addressed.
    fn read_bus(&mut self) {
        let bus = self.node().bus();
        let index = self.depth.wrapping_sub(1);
        if let Some(level) = self.levels.get_mut(index) {
            level.bus = bus;
        }
    }

    /// Whether this is the node at `path`.
    pub fn is_at(&self, path: &[u8]) -> bool {
        let Some((b'/', names)) = path.split_first() else {
            return false;
        };
        if path.len() > MAX_PATH {
            return false;
        }
        let mut names = names
            .split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty());
        (0..self.depth.saturating_sub(1))
            .rev()
            .filter_map(|levels| self.above(levels))
            .all(|node| names.next().is_some_and(|name| node.is_named(name)))
            && names.next().is_none()
    }

    /// Whether the parent is the node at `path`.
    pub fn is_child_of(&self, path: &[u8]) -> bool {
        let parent = Self {
            depth: self.depth.saturating_sub(1),
            ..*self
        };
        parent.depth > 0 && parent.is_at(path)
    }

    /// The first number in `reg`, if that is an identifier and not an address.
    pub fn id(&self) -> Option<u64> {
        let mut reg = self.reg();
        reg.rest.take(reg.address_cells)
    }

    /// The physical addresses in `reg`, up to the first that a bus above the node doesn't pass on.
    pub fn reg(&self) -> Reg<'a> {
        let parent = self.bus(1);
        Reg {
            place: *self,
            address_cells: parent.address_cells,
            size_cells: parent.size_cells,
            rest: Cells(self.node().property(b"reg").unwrap_or_default()),
        }
    }

    /// Whether [`Self::reg`] returns all entries of `reg`.
    pub fn has_whole_reg(&self) -> bool {
        let parent = self.bus(1);
        let cells = parent.address_cells.saturating_add(parent.size_cells);
        let size = self.node().property(b"reg").unwrap_or_default().len();
        let entries = self.reg().count();
        size == entries.saturating_mul(cells.saturating_mul(size_of::<u32>()))
    }

    /// Translates an address on the parent's bus through the `ranges` of all buses up to the root
    /// (Devicetree Specification v0.4, section 2.3.8).
    fn to_physical(self, address: u64) -> Option<u64> {
        let mut address = address;
        for level in 1..self.depth.saturating_sub(1) {
            address = translate(address, self.bus(level), self.bus(level + 1))?;
        }
        Some(address)
    }
}

/// Iterates over the entries of a `reg`.
#[derive(Clone, Debug)]
pub struct Reg<'a> {
    place: Place<'a>,
    address_cells: usize,
    size_cells: usize,
    rest: Cells<'a>,
}

impl Iterator for Reg<'_> {
    type Item = PhysRange;

    fn next(&mut self) -> Option<PhysRange> {
        if self.address_cells == 0 {
            return None;
        }
        let start = self.rest.take(self.address_cells)?;
        let size = self.rest.take(self.size_cells)?;
        PhysRange::from_size(PhysAddr(self.place.to_physical(start)?), size)
    }
}

/// Translates an address on `bus` to one on the bus above it.
fn translate(address: u64, bus: Bus<'_>, above: Bus<'_>) -> Option<u64> {
    let ranges = bus.ranges?;
    if ranges.is_empty() {
        return Some(address);
    }
    if bus.address_cells == 0 {
        return None;
    }
    let mut ranges = Cells(ranges);
    for _ in 0..MAX_RANGES {
        let child = ranges.take(bus.address_cells)?;
        let parent = ranges.take(above.address_cells)?;
        let length = ranges.take(bus.size_cells)?;
        match address.checked_sub(child) {
            Some(offset) if offset < length => return parent.checked_add(offset),
            _ => {}
        }
    }
    None
}

/// Iterates over the nodes of a device tree.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    tokens: Tokens<'a>,
    place: Place<'a>,
    /// Whether only properties have followed since the last node began.
    is_in_properties: bool,
}

impl<'a> Walk<'a> {
    /// The next node; `None` after the last.
    fn advance(&mut self) -> Result<Option<Place<'a>>, TreeError> {
        loop {
            let offset = self.tokens.offset();
            match self.tokens.next()? {
                Token::BeginNode(_) => {
                    if self.is_in_properties {
                        self.place.read_bus();
                    }
                    let Place { levels, depth, .. } = &mut self.place;
                    levels.get_mut(*depth).ok_or(TreeError::TooDeep)?.start = offset;
                    *depth += 1;
                    self.is_in_properties = true;
                    return Ok(Some(self.place));
                }
                Token::EndNode => {
                    self.is_in_properties = false;
                    self.place.depth = self
                        .place
                        .depth
                        .checked_sub(1)
                        .ok_or(TreeError::Structure { offset })?;
                }
                Token::Property(..) if self.place.depth > 0 => {}
                Token::End if self.place.depth == 0 => return Ok(None),
                Token::Property(..) | Token::End => return Err(TreeError::Structure { offset }),
            }
        }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Place<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().ok().flatten()
    }
}
