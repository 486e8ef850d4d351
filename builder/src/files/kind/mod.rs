// SPDX-License-Identifier: BSD-2-Clause

//! Tells what a file is by its start, for the errors about files of the wrong kind.
//!
//! ```text
//!  owner    whose bootable image a file is
//!  elf      names ELF files
//!  text     names text files
//!  magic    the kinds by their first bytes
//! ```

mod elf;
mod magic;
mod owner;
mod text;

use kaal_payload::LOADER_MAX_SIZE;

use crate::diagnostic::Diagnostic;
use crate::elf::first_bytes;
use crate::format::device_tree::Content;
use crate::format::{efi, head, uimage};
use magic::{BINARY, Way, find};
use text::TEXT;

pub(crate) use elf::is_program;
pub(crate) use magic::{JSON, TOML};
pub(crate) use owner::{is_ours, other_loader, owner, with_way};

/// Bytes of a file's start that are enough to tell its kind.
pub(crate) const HEAD_SIZE: u64 = LOADER_MAX_SIZE;

/// First instruction of an arm64 Linux Image that is a UEFI program too.
const EFI_STUB: &[u8] = b"MZ";

/// A kind of file.
#[derive(Clone, Debug)]
pub(crate) struct FileKind {
    name: String,
    way: Way,
    class: Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Binary,
    /// Binary, and may be a bootable image.
    Image,
    Text,
    /// Not known, though its name describes some bytes. It may be a bootable image.
    Unknown,
    /// Not known, as it holds nothing.
    Zeroes,
}

impl FileKind {
    fn new(name: impl Into<String>, way: Way, class: Class) -> Self {
        let name = name.into();
        Self { name, way, class }
    }

    fn binary(name: impl Into<String>, way: Way) -> Self {
        Self::new(name, way, Class::Binary)
    }

    fn text(name: &str, way: Way) -> Self {
        Self::new(name, way, Class::Text)
    }

    fn unknown(name: impl Into<String>) -> Self {
        Self::new(name, Way::Unknown, Class::Unknown)
    }

    /// The kind of the file that begins with `head`.
    pub(crate) fn of(head: &[u8]) -> Self {
        let kind = kind(head);
        let may_boot = [Class::Image, Class::Unknown].contains(&kind.class);
        match may_boot.then(|| owner(head)).flatten() {
            Some(owner) if kind.class == Class::Unknown => {
                Self::binary(format!("a raw image of {owner}"), owner::way(owner))
            }
            Some(owner) => Self::binary(format!("{} of {owner}", kind.name), owner::way(owner)),
            None => kind,
        }
    }

    fn is_text(&self) -> bool {
        self.class == Class::Text
    }

    /// Whether it is known and no text.
    pub(crate) fn is_binary(&self) -> bool {
        [Class::Binary, Class::Image].contains(&self.class)
    }

    /// Its name, if the kind is known. Otherwise, the name would describe bytes of a file that may be secret.
    pub(crate) fn known_name(&self) -> Option<&str> {
        let is_known = ![Class::Unknown, Class::Zeroes].contains(&self.class);
        is_known.then_some(&self.name)
    }

    /// Whether it can be text in the format `format`.
    pub(crate) fn can_be(&self, format: &str) -> bool {
        self.is_text() && (self.name == TEXT || self.name == format)
    }

    /// `diagnostic`, with this kind as what was found.
    pub(crate) fn found_by(self, diagnostic: Diagnostic) -> Diagnostic {
        let diagnostic = diagnostic.found(self.name);
        match self.way {
            Way::Unknown => diagnostic,
            Way::Unpack(command) => {
                diagnostic.or_else(&format!("unpack this file with `{command}`"))
            }
            Way::Rebuild => diagnostic.or_else("build this one for AArch64 as an ELF file"),
            Way::Do(what) => diagnostic.or_else(what),
        }
    }
}

/// The kind of the file that begins with `head`, whoever made it.
fn kind(head: &[u8]) -> FileKind {
    if head.is_empty() {
        return FileKind::binary("an empty file", Way::Unknown);
    }
    if let Ok(header) = goblin::elf::Elf::parse_header(head) {
        let class = match is_program(head) {
            true => Class::Image,
            false => Class::Binary,
        };
        return FileKind::new(elf::name(&header, head), Way::Unknown, class);
    }
    if efi::layout(head).is_some() {
        return FileKind::new("a UEFI application", Way::Unknown, Class::Image);
    }
    if uimage::is_one(head) {
        let way = Way::Do("extract what is in this one with `dumpimage -p 0 -o OUT FILE`");
        return FileKind::new("a U-Boot image", way, Class::Image);
    }
    if head::is_image(head) {
        let stub = if head.starts_with(EFI_STUB) {
            " with an EFI stub"
        } else {
            ""
        };
        let way = Way::Do("pass the ELF file that this one was made from");
        return FileKind::new(format!("an arm64 Linux Image{stub}"), way, Class::Image);
    }
    if let Some(content) = Content::of(head) {
        return tree(content);
    }
    if let Some((name, way)) = find(&BINARY, head) {
        return FileKind::binary(name, way);
    }
    if text::is_text(head) {
        return text::kind(head);
    }
    if head.iter().all(|&byte| byte == 0) {
        return FileKind::new("zeroes", Way::Unknown, Class::Zeroes);
    }
    if head::is_entered(head) {
        return FileKind::unknown("a file that begins with a branch, as raw images do");
    }
    let bytes = first_bytes(head, 8);
    FileKind::unknown(format!("a file of unknown kind that begins with {bytes}"))
}

/// The kind of a file in the format of a flattened device tree.
fn tree(content: Content) -> FileKind {
    let way = match content {
        Content::Fit => Way::Do(
            "extract a part of this one with `dumpimage -T flat_dt -p N -o OUT FILE`; `dumpimage -l FILE` lists them",
        ),
        Content::Machine | Content::Overlay => Way::Unknown,
    };
    let class = match content {
        Content::Fit => Class::Image,
        Content::Machine | Content::Overlay => Class::Binary,
    };
    FileKind::new(content.name(), way, class)
}
