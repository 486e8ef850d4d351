// SPDX-License-Identifier: BSD-2-Clause

//! Tells whose loader or bootable image a file is.

use memchr::memmem;

use super::HEAD_SIZE;
use super::elf::part;
use super::magic::{KAAL, LOADERS, MICROKIT, Way};
use crate::diagnostic::Diagnostic;

/// The way from an image of Microkit.
const TO_MICROKIT: &str = "pass an image of Microkit as --microkit, without --app";

/// How to get what the loader of `owner` boots.
pub(super) fn way(owner: &str) -> Way {
    match owner == MICROKIT {
        true => Way::Do(TO_MICROKIT),
        false => Way::Unknown,
    }
}

/// `diagnostic` about an image of `owner`, with the way to get what is in it.
pub(crate) fn with_way(diagnostic: Diagnostic, owner: &str) -> Diagnostic {
    match way(owner) {
        Way::Do(what) => diagnostic.or_else(what),
        _ => diagnostic,
    }
}

/// Whether the file that begins with `head` is an image of KaaL, perhaps damaged.
pub(crate) fn is_ours(head: &[u8]) -> bool {
    owner(head) == Some(KAAL)
}

/// The other project's loader whose mark is near the start of `content`.
pub(crate) fn other_loader(content: &[u8]) -> Option<&'static str> {
    first(content, |owner| owner != KAAL)
}

/// Whose loader or bootable image begins with `head`. `None` for KaaL's loader and unpacker, which hold KaaL's marks
/// because they look for them.
pub(crate) fn owner(head: &[u8]) -> Option<&'static str> {
    match part(head) {
        Some(_) => None,
        None => first(head, |_| true),
    }
}

/// The owner of the first mark in `head`, of those that are `wanted`. What a loader boots may hold other marks.
fn first(head: &[u8], wanted: impl Fn(&str) -> bool) -> Option<&'static str> {
    let head = &head[..head.len().min(HEAD_SIZE as usize)];
    let marks = LOADERS.iter().filter(|(_, owner)| wanted(owner));
    let found = marks.filter_map(|(mark, owner)| Some((memmem::find(head, mark)?, *owner)));
    Some(found.min()?.1)
}
