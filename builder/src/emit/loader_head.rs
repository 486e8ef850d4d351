// SPDX-License-Identifier: BSD-2-Clause

//! Writes the first bytes of a loader.

use zerocopy::IntoBytes;

use crate::format::loader_head::LoaderHead;
use crate::parts::boot_program::{PageSegment, flatten};

/// Writes the first bytes of the loader `parts`. Its entry point is at the offset `entry`, and it
/// takes `size` bytes of memory.
pub(super) fn write(parts: &mut [PageSegment], entry: u64, size: u64) {
    let constant_size = constant_part(parts).len() as u64;
    let behind = parts.iter().filter(|part| part.offset >= constant_size);
    let mut variables = flatten(constant_size, behind);
    variables.resize(size.saturating_sub(constant_size) as usize, 0);
    let head = LoaderHead::new(entry, &variables);
    let content = parts.iter_mut().flat_map(|part| &mut part.content);
    for (place, &byte) in content.zip(head.as_bytes()) {
        *place = byte;
    }
}

/// The constant part of a loader: all memory before the first writable part.
pub(super) fn constant_part(parts: &[PageSegment]) -> Vec<u8> {
    flatten(0, parts.iter().take_while(|part| !part.access.writable))
}
