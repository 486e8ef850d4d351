// SPDX-License-Identifier: BSD-2-Clause

//! The maps in a manifest.

use kaal_payload::PhysRange;
use serde_json::{Value, json};

use super::base_name;
use crate::format::FileMap;
use crate::layout::memory_map::MemoryMap;

/// The lines of the memory map.
pub(super) fn memory(map: &MemoryMap) -> Vec<Value> {
    let lines = map.entries().iter().map(|entry| {
        json!({
            "start": entry.memory.start.to_string(),
            "end": entry.memory.end.to_string(),
            "what": entry.what,
            // `null` for content that the builder generates.
            "file": entry.file.as_deref().map(base_name),
        })
    });
    lines.collect()
}

/// The lines of a package's file map.
pub(super) fn package(map: &FileMap) -> Vec<Value> {
    let lines = map.entries().iter().map(|piece| {
        json!({
            // From the first byte of the unpacker.
            "offset": piece.offset,
            "size": piece.size,
            "what": piece.what,
            // `null` if it stays at its loaded address.
            "unpackedTo": piece.memory.map(range),
        })
    });
    lines.collect()
}

/// Start and end of `memory`.
pub(crate) fn range(memory: PhysRange) -> Value {
    json!({ "start": memory.start.to_string(), "end": memory.end.to_string() })
}
