// SPDX-License-Identifier: BSD-2-Clause

//! Writes KaaL's properties of `/chosen` (Devicetree Specification v0.4, sections 3.6 and 5).

use kaal_payload::Measurement;
use thiserror::Error;

use crate::tokens::{BEGIN_NODE, END_NODE, PROPERTY};
use crate::tree::END_OF_RESERVATIONS;
use crate::{DeviceTree, Header};

/// KaaL's version, as the value of a property.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// Alignment in bytes of tokens.
const TOKEN_ALIGNMENT: usize = 4;

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

/// The name and value of a property to set.
type Setting<'a> = (&'a [u8], &'a [u8]);

impl Chosen<'_> {
    /// Copies `tree` to the start of `out`, sets `kaal,version`, `kaal,measurement` and `bootargs` of `/chosen` in
    /// the copy, and returns its size. The rest stays the same, but for padding, which the copy doesn't have.
    ///
    /// # Errors
    ///
    /// Fails with [`NoRoom`] if `out` is too small. Then its content is undefined.
    pub fn write(&self, tree: &DeviceTree<'_>, out: &mut [u8]) -> Result<usize, NoRoom> {
        let settings: [Setting<'_>; 3] = [
            (b"kaal,version", VERSION.as_bytes()),
            (b"kaal,measurement", self.measurement),
            (b"bootargs", self.boot_arguments),
        ];
        let settings = match self.boot_arguments {
            [] => &settings[..2],
            _ => &settings[..],
        };
        let mut writer = Writer {
            out,
            position: Header::SIZE,
        };
        writer.put(tree.reservation_entries());
        writer.put(&END_OF_RESERVATIONS);
        let structure = writer.position;
        write_structure(tree, settings, &mut writer);
        let strings = writer.position;
        writer.put(tree.strings);
        for (name, _) in settings {
            writer.put(name);
            writer.put(b"\0");
        }
        let end = writer.position;
        writer.align(ALIGNMENT);
        let size = writer.position;
        if size > writer.out.len() || u32::try_from(size).is_err() {
            return Err(NoRoom { needed: size });
        }
        let header = Header {
            total_size: size,
            boot_cpu: tree.boot_cpu,
            reservations: Header::SIZE..structure,
            structure: structure..strings,
            strings: strings..end,
        };
        writer.position = 0;
        for word in header.words() {
            writer.word(word);
        }
        Ok(size)
    }
}

/// Writes the structure block of `tree`. New properties follow those of `/chosen`. If there is no such node, it
/// becomes the root's first child.
fn write_structure(tree: &DeviceTree<'_>, settings: &[Setting<'_>], writer: &mut Writer<'_>) {
    let chosen = tree.find(b"/chosen").map(|place| place.node());
    let is_new = chosen.is_none();
    let node = chosen.or(tree.root()).unwrap_or_default();
    let mut done = node.start();
    writer.put(tree.structure(0, done));
    for property in node.properties() {
        if is_new || settings.iter().all(|&(name, _)| property.name != name) {
            writer.put(tree.structure(done, property.end));
        }
        done = property.end;
    }
    if is_new {
        writer.word(BEGIN_NODE);
        writer.put(b"chosen\0\0");
    }
    let mut name_offset = tree.strings.len();
    for (name, value) in settings {
        writer.word(PROPERTY);
        writer.word(value.len() as u32);
        writer.word(name_offset as u32);
        writer.put(value);
        writer.align(TOKEN_ALIGNMENT);
        name_offset += name.len() + 1;
    }
    if is_new {
        writer.word(END_NODE);
    }
    writer.put(tree.structure(done, tree.structure.len()));
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
