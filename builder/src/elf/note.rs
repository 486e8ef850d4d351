// SPDX-License-Identifier: BSD-2-Clause

//! ELF notes whose owner is KaaL, found by what they look like: an image has no program headers of
//! them (System V ABI, chapter 5, "Note Section").

use kaal_payload::LOADER_NOTE_NAME;

use super::slice;

/// Alignment in bytes of a note.
pub(crate) const ALIGNMENT: usize = 4;

/// Size in bytes of a note's name, with the zero at its end.
const NAME_SIZE: usize = LOADER_NOTE_NAME.len() + 1;

/// Size in bytes of the three numbers and the padded name before the content.
const START_SIZE: usize = 3 * size_of::<u32>() + NAME_SIZE.next_multiple_of(ALIGNMENT);

/// The content of the note of the type `kind` that `bytes` begin with.
pub(crate) fn content(bytes: &[u8], kind: u32) -> Option<&[u8]> {
    let size = bytes.get(size_of::<u32>()..)?.first_chunk()?;
    let size = u32::from_le_bytes(*size);
    let content = bytes.strip_prefix(&start(kind, size))?;
    slice(content, 0, size.into())
}

/// What a note of the type `kind` with a content of `size` bytes begins with.
pub(crate) fn start(kind: u32, size: u32) -> [u8; START_SIZE] {
    let mut start = [0; START_SIZE];
    let numbers = [NAME_SIZE as u32, size, kind].map(u32::to_le_bytes);
    let bytes = numbers
        .as_flattened()
        .iter()
        .chain(LOADER_NOTE_NAME.as_bytes());
    for (place, &byte) in start.iter_mut().zip(bytes) {
        *place = byte;
    }
    start
}
