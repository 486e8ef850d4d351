// SPDX-License-Identifier: BSD-2-Clause

//! Compares names and strings, which have a nul at their end.
//!
//! They are bytes. The specification allows only ASCII, and KaaL looks for no others.

/// The byte behind `text`, if that is what `bytes` have at `offset`. So it is 0 if the string there is `text`.
#[inline(never)]
pub(crate) fn behind(text: &[u8], bytes: &[u8], offset: usize) -> Option<u8> {
    let mut offset = offset;
    for byte in text {
        if bytes.get(offset) != Some(byte) {
            return None;
        }
        offset += 1;
    }
    bytes.get(offset).copied()
}

/// The first string in `list` with its nul, or nothing.
#[inline(never)]
pub(crate) fn first(list: &[u8]) -> &[u8] {
    let mut rest = list.iter();
    while let Some(byte) = rest.next() {
        if *byte == 0 {
            let length = list.len() - rest.as_slice().len();
            return list.get(..length).unwrap_or_default();
        }
    }
    &[]
}

/// The strings in `list`, each with its nul.
pub(crate) fn strings(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    core::iter::from_fn(move || {
        let string = first(rest);
        rest = rest.get(string.len()..)?;
        (!string.is_empty()).then_some(string)
    })
}

/// The index in `list` of the first of `names` that is there.
#[inline(never)]
pub(crate) fn find(list: &[u8], names: &[u8]) -> Option<usize> {
    strings(names).find_map(|name| strings(list).position(|listed| listed == name))
}

/// Whether the lists `one` and `other` share a string.
pub(crate) fn share(one: &[u8], other: &[u8]) -> bool {
    find(one, other).is_some()
}
