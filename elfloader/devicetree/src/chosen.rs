// SPDX-License-Identifier: BSD-2-Clause

//! Writes into `/chosen` what the image has to say to what runs on it (Devicetree Specification
//! v0.4, sections 3.6 and 5).

use kaal_payload::Measurement;
use thiserror::Error;

use crate::tokens::{BEGIN_NODE, END_NODE, PROPERTY};
use crate::tree::END_OF_RESERVATIONS;
use crate::{DeviceTree, Header};

/// This version of KaaL, as a device tree holds it.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// Alignment in bytes of tokens.
const TOKEN_ALIGNMENT: usize = 4;

/// Alignment in bytes of the whole, and of the memory reservation block's entries.
const ALIGNMENT: usize = 8;

/// What is said in `/chosen`.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// `kaal,measurement`
    pub measurement: &'a Measurement,
    /// `bootargs` with the nul at its end; empty to leave what the device tree says.
    pub boot_arguments: &'a [u8],
}

/// A device tree that is larger than the memory that it is copied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the device tree needs {needed} bytes")]
pub struct NoRoom {
    /// Its size in bytes.
    pub needed: usize,
}

/// A property to set: its name and its value.
type Setting<'a> = (&'a [u8], &'a [u8]);

impl Chosen<'_> {
    /// Copies `tree` to the start of `out` and returns its size there. In the copy, `/chosen` says
    /// `kaal,version`, `kaal,measurement` and `bootargs` as it ought to; all else is unchanged, and
    /// there is no padding.
    ///
    /// # Errors
    ///
    /// Returns [`NoRoom`] where `out` is too small; then it holds nothing of use.
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
        writer.put(tree.strings());
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
            boot_cpu: tree.boot_cpu(),
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

/// Writes the structure block of `tree`. New properties follow those that `/chosen` has; where there
/// is no such node, it becomes the root's first.
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
    let mut name_offset = tree.strings().len();
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
    writer.put(tree.structure(done, tree.structure_size()));
}

/// Writes one thing behind the other, and only counts what does not fit.
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

    /// Puts zeroes up to a multiple of `alignment`.
    fn align(&mut self, alignment: usize) {
        while !self.position.is_multiple_of(alignment) {
            self.put(&[0]);
        }
    }
}
