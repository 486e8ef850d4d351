// SPDX-License-Identifier: BSD-2-Clause

//! A node and its properties.

use crate::DeviceTree;
use crate::text::{first, share, strings};
use crate::tokens::{Initials, PROPERTY, Token};

/// A property of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
}

/// The name and the properties of a node.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    pub(crate) tree: &'a DeviceTree<'a>,
    /// Offset of its name.
    pub(crate) name: usize,
    /// Offset of the first property.
    pub(crate) properties: usize,
}

impl<'a> Node<'a> {
    /// The name, with the unit address.
    pub fn name(&self) -> &'a [u8] {
        name_at(self.tree.bytes, self.name)
    }

    /// The properties.
    pub fn properties(&self) -> impl Iterator<Item = Property<'a>> + use<'a> {
        let (tree, mut offset) = (self.tree, self.properties);
        core::iter::from_fn(move || {
            let mut token = Token::default();
            tree.seek(offset, Initials::MAX, &mut token);
            offset = token.next;
            (token.kind == PROPERTY).then(|| tree.property_of(&token))
        })
    }

    /// The value of the property `name`.
    pub fn property(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.tree.property(self.properties, name)
    }

    /// The first string in the property `name`.
    pub fn string(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.strings(name).next()
    }

    /// The strings in the property `name`.
    pub fn strings(&self, name: &[u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let list = self.property(name).unwrap_or_default();
        strings(list).filter_map(|string| string.strip_suffix(b"\0"))
    }

    /// Whether `compatible` holds one of `models`, strings with a nul at their end.
    pub fn is_compatible(&self, models: &[u8]) -> bool {
        let compatible = self.property(b"compatible");
        compatible.is_some_and(|compatible| share(compatible, models))
    }
}

impl<'a> DeviceTree<'a> {
    /// The property that `token` is.
    pub(crate) fn property_of(&self, token: &Token) -> Property<'a> {
        Property {
            name: name_at(self.bytes, token.name),
            value: self.value(token),
        }
    }
}

/// The nul-terminated name at `offset`.
fn name_at(bytes: &[u8], offset: usize) -> &[u8] {
    let name = first(bytes.get(offset..).unwrap_or_default());
    name.strip_suffix(b"\0").unwrap_or_default()
}
