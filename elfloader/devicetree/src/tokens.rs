// SPDX-License-Identifier: BSD-2-Clause

//! The tokens of a structure block (Devicetree Specification v0.4, section 5.4).

use zerocopy::FromBytes;

use crate::DeviceTree;
use crate::cells::{CELL, cell};
use crate::error::MAX_NAME;
use crate::text::{behind, first};

/// The first cells of tokens (Devicetree Specification v0.4, section 5.4.1).
pub(crate) const BEGIN_NODE: u32 = 1;
pub(crate) const END_NODE: u32 = 2;
pub(crate) const PROPERTY: u32 = 3;
const NOP: u32 = 4;
pub(crate) const END: u32 = 9;

/// No token.
const MALFORMED: u32 = 0;

/// Alignment in bytes of tokens.
pub(crate) const ALIGNMENT: usize = CELL;

/// A token. All offsets are those in the device tree.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Token {
    /// Its first cell.
    pub(crate) kind: u32,
    /// Offset of the token.
    pub(crate) begin: usize,
    /// Offset of the name of a node or property.
    pub(crate) name: usize,
    /// Initial of a property's name.
    pub(crate) initial: Initials,
    /// Start and end of a property's value.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Offset of the next token.
    pub(crate) next: usize,
}

/// A set of initials of names, as bits. Some letters share a bit.
pub(crate) type Initials = u64;

/// The set of these initials.
pub(crate) const fn initials(letters: &[u8]) -> Initials {
    let mut set = 0;
    let mut rest = letters;
    while let [letter, others @ ..] = rest {
        set |= initial(*letter);
        rest = others;
    }
    set
}

pub(crate) const fn initial(letter: u8) -> Initials {
    1 << (letter / 2 % Initials::BITS as u8)
}

impl<'a> DeviceTree<'a> {
    /// Finds the first token at `offset` or behind that is a property with one of `initials`, or is no property. The
    /// kind is none of those above if a token up to there is malformed.
    ///
    /// Most of the time for a tree is spent here.
    #[inline(never)]
    pub(crate) fn seek(&self, offset: usize, initials: Initials, token: &mut Token) {
        let (bytes, strings) = (self.bytes, self.header.strings());
        let mut begin = offset;
        loop {
            #[cfg(test)]
            crate::tests::count();
            let [kind, length, name] = cells(bytes, begin);
            *token = Token {
                kind,
                begin,
                name: begin + CELL,
                initial: 0,
                start: begin + 3 * CELL,
                end: begin + CELL,
                next: 0,
            };
            let mut is_sought = kind != NOP;
            if kind == PROPERTY {
                token.name = strings.start + name as usize;
                token.end = token.start + length as usize;
                if token.name >= strings.end || token.end > bytes.len() {
                    token.kind = MALFORMED;
                } else {
                    let letter = bytes.get(token.name).copied().unwrap_or_default();
                    token.initial = initial(letter);
                    is_sought = initials & token.initial != 0;
                }
            } else if kind == BEGIN_NODE {
                let length = first(bytes.get(token.name..).unwrap_or_default()).len();
                token.end += length;
                if length == 0 || length > MAX_NAME + 1 {
                    token.kind = MALFORMED;
                }
            }
            token.next = token.end.next_multiple_of(ALIGNMENT);
            if is_sought {
                return;
            }
            begin = token.next;
        }
    }

    /// Whether a property is called `name`.
    pub(crate) fn is_called(&self, property: &Token, name: &[u8]) -> bool {
        behind(name, self.bytes, property.name) == Some(0)
    }

    /// The value of a property.
    pub(crate) fn value(&self, property: &Token) -> &'a [u8] {
        self.slice(property.start, property.end)
    }
}

/// Three cells, of which those behind the end are 0.
fn cells(bytes: &[u8], offset: usize) -> [u32; 3] {
    let three = bytes.get(offset..).and_then(<[u8]>::first_chunk::<12>);
    match three.map(|three| <[u32; 3]>::ref_from_bytes(three)) {
        // Reading them byte by byte would take most of the time.
        Some(Ok(&[a, b, c])) => [u32::from_be(a), u32::from_be(b), u32::from_be(c)],
        _ => [
            cell(bytes, offset),
            cell(bytes, offset + CELL),
            cell(bytes, offset + 2 * CELL),
        ],
    }
}
