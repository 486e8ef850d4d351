// SPDX-License-Identifier: BSD-2-Clause

//! Finds KaaL's ELF notes by their bytes, because an image has no program headers for notes (System
//! V ABI, chapter 5, "Note Section").

use kaal_payload::LOADER_NOTE_NAME;

use super::slice;

/// Type of the note that marks a root task for development (`root-task/task/src/development_note.rs`). It has no content.
pub(crate) const DEVELOPMENT: u32 = 6;

/// Alignment in bytes of a note.
const ALIGNMENT: usize = 4;

/// Size in bytes of the name in a note, with its final zero.
const NAME_SIZE: usize = LOADER_NOTE_NAME.len() + 1;

/// Size in bytes of a note before its content: three numbers and the padded name.
const START_SIZE: usize = 3 * size_of::<u32>() + NAME_SIZE.next_multiple_of(ALIGNMENT);

/// Finds the notes of the type `kind` in `bytes`. Returns the offset and the content of each.
pub(crate) fn find(bytes: &[u8], kind: u32) -> impl Iterator<Item = (usize, &[u8])> {
    let offsets = (0..bytes.len()).step_by(ALIGNMENT);
    offsets.filter_map(move |offset| {
        let bytes = bytes.get(offset..)?;
        let size = u32::from_le_bytes(*bytes.get(size_of::<u32>()..)?.first_chunk()?);
        let content = bytes.strip_prefix(&start(kind, size))?;
        Some((offset + START_SIZE, slice(content, 0, size.into())?))
    })
}

/// The first bytes of a note of the type `kind` with `size` bytes of content.
fn start(kind: u32, size: u32) -> [u8; START_SIZE] {
    let mut start = [0; START_SIZE];
    let numbers = [NAME_SIZE as u32, size, kind].map(u32::to_le_bytes);
    let bytes = numbers.as_flattened();
    start[..bytes.len()].copy_from_slice(bytes);
    start[bytes.len()..][..LOADER_NOTE_NAME.len()].copy_from_slice(LOADER_NOTE_NAME.as_bytes());
    start
}
