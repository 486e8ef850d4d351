// SPDX-License-Identifier: BSD-2-Clause

//! Goes from node to node.

use crate::tokens::{BEGIN_NODE, END, END_NODE, Initials, PROPERTY, Token, initials};
use crate::{DeviceTree, Place};

/// Iterates over the nodes of a device tree, each before its children.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    pub(crate) place: Place<'a>,
    /// The next token.
    pub(crate) next: Token,
    /// Whether the place has no child before that token.
    is_childless: bool,
    /// [`DeviceTree::chosen`]
    pub(crate) chosen: usize,
    /// [`DeviceTree::aliases`]
    pub(crate) aliases: usize,
}

/// Why there is no next node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    /// The next token is malformed, or not allowed there.
    Malformed,
    /// The next token is a property that follows a subnode of its node.
    Misplaced,
    /// Nodes are nested too deep.
    TooDeep,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(tree: &'a DeviceTree<'a>) -> Self {
        let mut walk = Self {
            place: Place::outside(tree),
            next: Token::default(),
            is_childless: false,
            chosen: 0,
            aliases: 0,
        };
        walk.next.next = tree.header.structure().start;
        walk.seek(Initials::MAX);
        walk
    }

    /// Makes `place` the next node. Returns false after the last node.
    #[inline(never)]
    pub(crate) fn advance(&mut self) -> Result<bool, Flaw> {
        let structure = self.place.tree.header.structure();
        loop {
            let token = self.next;
            let is_first = self.place.root_is_ahead();
            let depth = self.place.depth();
            if token.kind == BEGIN_NODE && (depth > 0 || is_first) {
                if self.is_childless {
                    self.place.read_bus();
                }
                self.place.enter(&token).ok_or(Flaw::TooDeep)?;
                self.is_childless = true;
                self.read_node();
                return Ok(true);
            }
            if depth > 0 && token.kind == END_NODE {
                self.place.leave();
                self.is_childless = false;
            } else if depth == 0 && !is_first && token.kind == END && token.end <= structure.end {
                return Ok(false);
            } else if depth > 0 && token.kind == PROPERTY {
                return Err(Flaw::Misplaced);
            } else {
                return Err(Flaw::Malformed);
            }
            self.seek(Initials::MAX);
        }
    }

    /// Reads the tokens behind the current one, up to the next that is a property with one of `initials`, or is no property.
    fn seek(&mut self, initials: Initials) {
        let tree = self.place.tree;
        tree.seek(self.next.next, initials, &mut self.next);
    }

    /// Reads the node that has just begun.
    fn read_node(&mut self) {
        if self.place.depth() == 2 {
            let (tree, name) = (self.place.tree, self.next.name);
            if self.chosen == 0 && tree.is_named(name, b"chosen") {
                self.chosen = self.next.next;
            }
            if self.aliases == 0 && tree.is_named(name, b"aliases") {
                self.aliases = self.next.next;
            }
        }
        self.place.initials = 0;
        loop {
            // Those that matter for [`Place::initials`].
            self.seek(const { initials(b"dm#") });
            if self.next.kind != PROPERTY {
                return;
            }
            self.place.initials |= self.next.initial;
        }
    }

    /// Makes `place` the first node at `path`, which begins with a slash. Returns false if there is none, or if the walk
    /// has begun. If names omit their unit address, only the first node with that name is searched.
    pub(crate) fn go_to(&mut self, path: &[u8]) -> bool {
        let mut names = path.split(|&byte| byte == b'/');
        self.goes_on()
            && names.all(|name| {
                let depth = self.place.depth();
                while !name.is_empty() {
                    if !self.goes_on() || self.place.depth() <= depth {
                        return false;
                    }
                    if self.place.depth() == depth + 1 && self.place.is_named(0, name) {
                        break;
                    }
                }
                true
            })
    }

    /// As [`Self::advance`], in a tree with a valid structure.
    pub(crate) fn goes_on(&mut self) -> bool {
        matches!(self.advance(), Ok(true))
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Place<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.goes_on().then(|| self.place.clone())
    }
}
