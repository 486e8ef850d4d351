// SPDX-License-Identifier: BSD-2-Clause

//! Writes KaaL's properties of `/chosen` (Devicetree Specification v0.4, sections 3.6 and 5).

use core::ops::Range;

use kaal_payload::Measurement;
use thiserror::Error;

use crate::header::fields;
use crate::tokens::{self, BEGIN_NODE, END_NODE, PROPERTY, Token, initials};
use crate::tree::RESERVATION_SIZE;
use crate::{DeviceTree, Header};

/// KaaL's version, as the value of a property.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// Alignment in bytes of a device tree and of the entries of its memory reservation block.
const ALIGNMENT: usize = 8;

/// The values of KaaL's properties.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// `kaal,measurement`
    pub measurement: &'a Measurement,
    /// `bootargs` with the nul at its end; empty to keep the device tree's own.
    pub boot_arguments: &'a [u8],
}

/// The device tree is larger than the memory that it is copied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the device tree needs {needed} bytes")]
pub struct NoRoom {
    /// Size in bytes of the device tree.
    pub needed: usize,
}

impl Chosen<'_> {
    /// Copies `tree` to the start of `out`, sets `kaal,version`, `kaal,measurement` and `bootargs` of `/chosen` in
    /// the copy, and returns its size. The rest stays the same, but for padding, which the copy doesn't have.
    ///
    /// # Errors
    ///
    /// Fails with [`NoRoom`] if `out` is too small. Then its content is undefined.
    pub fn write(&self, tree: &DeviceTree<'_>, out: &mut [u8]) -> Result<usize, NoRoom> {
        let names: [&[u8]; 3] = [b"kaal,version", b"kaal,measurement", b"bootargs"];
        let values = [VERSION.as_bytes(), self.measurement, self.boot_arguments];
        // No boot arguments, no property.
        let count = names.len() - usize::from(self.boot_arguments.is_empty());
        let names = names.get(..count).unwrap_or_default();
        let mut writer = Writer {
            out,
            position: Header::SIZE,
        };
        let start = tree.header.reservations().start;
        let mut end = start;
        while tree.reservation(end) != (0, 0) {
            end += RESERVATION_SIZE;
        }
        writer.put(tree.slice(start, end));
        writer.put(&[0; RESERVATION_SIZE]);
        let structure = writer.position;
        write_structure(tree, names, &values, &mut writer);
        let strings = writer.position;
        writer.put(tree.strings());
        for name in names {
            writer.put(name);
            writer.put(b"\0");
        }
        let end = writer.position;
        writer.align(ALIGNMENT);
        let size = writer.position;
        if size > writer.out.len() || u32::try_from(size).is_err() {
            return Err(NoRoom { needed: size });
        }
        writer.position = 0;
        for word in fields(
            size,
            tree.header.boot_cpu(),
            structure..strings,
            strings..end,
        ) {
            writer.word(word);
        }
        Ok(size)
    }
}

/// Writes the structure block of `tree`. New properties follow those of `/chosen`. If there is no such node, it
/// becomes the root's first child.
fn write_structure(
    tree: &DeviceTree<'_>,
    names: &[&[u8]],
    values: &[&[u8]],
    writer: &mut Writer<'_>,
) {
    let Range { start, end } = tree.header.structure();
    let is_new = tree.chosen == 0;
    let mut done = start;
    let mut token = Token::default();
    tree.seek(start, 0, &mut token);
    let mut offset = match is_new {
        true => token.next,
        false => tree.chosen,
    };
    loop {
        tree.seek(offset, const { initials(b"kb") }, &mut token);
        offset = token.next;
        let is_property = token.kind == PROPERTY;
        let is_set = !is_new && names.iter().any(|name| tree.is_called(&token, name));
        if is_property && !is_set {
            continue;
        }
        writer.put(tree.slice(done, token.begin));
        if !is_property {
            break;
        }
        done = offset;
    }
    done = token.begin;
    if is_new {
        writer.word(BEGIN_NODE);
        writer.put(b"chosen\0\0");
    }
    let mut name_offset = tree.strings().len();
    for (name, value) in names.iter().zip(values) {
        writer.word(PROPERTY);
        writer.word(value.len() as u32);
        writer.word(name_offset as u32);
        writer.put(value);
        writer.align(tokens::ALIGNMENT);
        name_offset += name.len() + 1;
    }
    if is_new {
        writer.word(END_NODE);
    }
    writer.put(tree.slice(done, end));
}

/// Writes bytes one after another. Bytes that don't fit are only counted.
struct Writer<'a> {
    out: &'a mut [u8],
    position: usize,
}

impl Writer<'_> {
    #[inline(never)]
    fn put(&mut self, bytes: &[u8]) {
        let rest = self.out.get_mut(self.position..).unwrap_or_default();
        if let Some((place, _)) = rest.split_at_mut_checked(bytes.len()) {
            place.copy_from_slice(bytes);
        }
        self.position = self.position.saturating_add(bytes.len());
    }

    fn word(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    /// Writes zeroes up to a multiple of `alignment`.
    fn align(&mut self, alignment: usize) {
        while !self.position.is_multiple_of(alignment) {
            self.put(&[0]);
        }
    }
}
