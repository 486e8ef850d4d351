// SPDX-License-Identifier: BSD-2-Clause

//! A flattened device tree (Devicetree Specification v0.4, section 5).

use core::ops::Range;

use kaal_payload::{PhysAddr, PhysRange};

use crate::cells::{CELL, cell};
use crate::error::{MAX_NAME, TreeError};
use crate::text::behind;
use crate::tokens::{BEGIN_NODE, END, END_NODE, Initials, PROPERTY, Token, initial};
use crate::walk::{Flaw, Walk};
use crate::{Header, Place, Property};

/// A flattened device tree with a valid structure.
#[derive(Clone, Debug)]
pub struct DeviceTree<'a> {
    /// Its bytes, from the header to the last block. A copy of them may take their place.
    pub bytes: &'a [u8],
    pub(crate) header: Header,
    /// Offset of the first property of `/chosen`, or 0.
    pub(crate) chosen: usize,
    /// Offset of the first property of `/aliases`, or 0.
    pub(crate) aliases: usize,
}

impl<'a> DeviceTree<'a> {
    /// Reads the device tree at the start of `bytes`, and checks all of its structure.
    ///
    /// # Errors
    ///
    /// Fails with a [`TreeError`] if the device tree is malformed anywhere.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TreeError> {
        let mut tree = Self::truncated(bytes)?;
        tree.read(&mut |_| {})?;
        Ok(tree)
    }

    /// The device tree at the start of `bytes`, whose structure must be checked by [`Self::read`].
    pub(crate) fn truncated(bytes: &'a [u8]) -> Result<Self, TreeError> {
        let header = Header::parse(bytes)?;
        match bytes.get(..header.used_size()) {
            Some(bytes) => Ok(Self::unchecked(header, bytes)),
            None => Err(TreeError::Truncated {
                expected: header.total_size(),
                found: bytes.len(),
            }),
        }
    }

    /// The device tree with `header` in `bytes`, whose structure must be checked by [`crate::Facts::read`]. `bytes` end
    /// with its last block.
    pub fn unchecked(header: Header, bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            header,
            chosen: 0,
            aliases: 0,
        }
    }

    /// Checks all of the structure, and calls `visit` for each node.
    pub(crate) fn read(&mut self, visit: &mut dyn FnMut(&Place<'_>)) -> Result<(), TreeError> {
        let mut walk = self.walk();
        let flaw = loop {
            match walk.advance() {
                Ok(true) => visit(&walk.place),
                Ok(false) => break None,
                Err(flaw) => break Some(flaw),
            }
        };
        let (end, chosen, aliases) = (walk.next, walk.chosen, walk.aliases);
        match flaw {
            None => {}
            Some(flaw) => {
                let offset = end.begin - self.header.structure().start;
                return Err(match flaw {
                    Flaw::TooDeep => TreeError::TooDeep,
                    Flaw::Misplaced => TreeError::Misplaced { offset },
                    Flaw::Malformed => TreeError::Structure { offset },
                });
            }
        }
        (self.chosen, self.aliases) = (chosen, aliases);
        self.header.end_structure(end.end);
        self.check_names()
    }

    /// Checks that each name in the strings block ends.
    fn check_names(&self) -> Result<(), TreeError> {
        let mut length = 0;
        for &byte in self.strings() {
            length = if byte == 0 { 0 } else { length + 1 };
            if length > MAX_NAME {
                break;
            }
        }
        match length {
            0 => Ok(()),
            _ => Err(TreeError::Names),
        }
    }

    /// The strings block.
    pub(crate) fn strings(&self) -> &'a [u8] {
        let Range { start, end } = self.header.strings();
        self.slice(start, end)
    }

    /// The bytes from `start` up to `end`.
    #[inline(never)]
    pub(crate) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Whether the node whose name is at `offset` is named `name`, which may omit the unit address.
    pub(crate) fn is_named(&self, offset: usize, name: &[u8]) -> bool {
        matches!(behind(name, self.bytes, offset), Some(0 | b'@'))
    }

    /// Start and end of the value of the property `name` of the node whose first property is at `properties`, or zeroes.
    #[inline(never)]
    pub(crate) fn place_of(&self, properties: usize, name: &[u8]) -> (usize, usize) {
        let initials = name.first().map_or(0, |letter| initial(*letter));
        let mut token = Token::default();
        let mut offset = properties;
        loop {
            self.seek(offset, initials, &mut token);
            if token.kind != PROPERTY {
                return (0, 0);
            }
            if self.is_called(&token, name) {
                return (token.start, token.end);
            }
            offset = token.next;
        }
    }

    /// The value of that property.
    pub(crate) fn property(&self, properties: usize, name: &[u8]) -> Option<&'a [u8]> {
        let (start, end) = self.place_of(properties, name);
        (start != 0).then(|| self.slice(start, end))
    }

    /// All nodes, each before its children.
    pub fn walk(&self) -> Walk<'_> {
        Walk::new(self)
    }

    /// The node at `path`, such as `/soc/serial@9000000`. The path may omit unit addresses.
    pub fn find(&self, path: &[u8]) -> Option<Place<'_>> {
        let mut walk = self.walk();
        walk.go_to(path).then_some(walk.place)
    }

    /// The first property that follows a subnode of its node, in any tree ([`TreeError::Misplaced`]).
    pub fn misplaced(&self) -> Option<Property<'a>> {
        let mut token = Token::default();
        let mut before = END;
        self.seek(self.header.structure().start, Initials::MAX, &mut token);
        while matches!(token.kind, BEGIN_NODE | END_NODE | PROPERTY) {
            if (before, token.kind) == (END_NODE, PROPERTY) {
                return Some(self.property_of(&token));
            }
            before = token.kind;
            self.seek(token.next, Initials::MAX, &mut token);
        }
        None
    }

    /// Start and size of the entry at `offset` of the memory reservation block, or zeroes behind the last.
    #[inline(never)]
    pub(crate) fn reservation(&self, offset: usize) -> (u64, u64) {
        let number = |offset| {
            let high = cell(self.bytes, offset);
            u64::from(high) << u32::BITS | u64::from(cell(self.bytes, offset + CELL))
        };
        if offset + RESERVATION_SIZE > self.header.reservations().end {
            return (0, 0);
        }
        (number(offset), number(offset + 2 * CELL))
    }

    /// The entries of the memory reservation block.
    pub fn reservations(&self) -> impl Iterator<Item = PhysRange> {
        let mut offset = self.header.reservations().start;
        core::iter::from_fn(move || {
            let (start, size) = self.reservation(offset);
            offset += RESERVATION_SIZE;
            (start != 0 || size != 0).then_some(PhysRange {
                start: PhysAddr(start),
                end: PhysAddr(start.saturating_add(size)),
            })
        })
    }
}

/// Size in bytes of an entry in the memory reservation block.
pub(crate) const RESERVATION_SIZE: usize = 4 * CELL;
