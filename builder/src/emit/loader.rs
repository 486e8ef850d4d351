// SPDX-License-Identifier: BSD-2-Clause

//! Writes the loader.

use kaal_payload::PhysAddr;
use zerocopy::IntoBytes;

use crate::format::loader_head::LoaderHead;
use crate::parts::boot_program::{BootProgram, PageSegment, flatten};

/// The parts of `loader` as they lie in memory from `base` on.
pub(crate) fn placed(loader: &BootProgram, base: PhysAddr) -> Vec<PageSegment> {
    let mut parts = loader.relocated(base);
    let constant_size = constant_part(&parts).len() as u64;
    let behind = parts.iter().filter(|part| part.offset >= constant_size);
    let mut variables = flatten(constant_size, behind);
    variables.resize(loader.size().saturating_sub(constant_size) as usize, 0);
    let head = LoaderHead::new(loader.entry, &variables);
    let content = parts.iter_mut().flat_map(|part| &mut part.content);
    for (place, &byte) in content.zip(head.as_bytes()) {
        *place = byte;
    }
    parts
}

/// The constant part of a loader: all memory before the first writable part.
pub(super) fn constant_part(parts: &[PageSegment]) -> Vec<u8> {
    flatten(0, parts.iter().take_while(|part| !part.access.writable))
}
