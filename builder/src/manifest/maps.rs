// SPDX-License-Identifier: BSD-2-Clause

//! What lies where.

use serde::Serialize;

use super::address;
use super::identity::base_name;
use crate::format::FileMap;
use crate::layout::memory_map::MemoryMap;

/// A line of the memory map.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemoryLine {
    start: String,
    end: String,
    what: String,
    /// Name of the file that it comes from; `None` for what the builder made.
    file: Option<String>,
}

/// A line of the map of a packed image's file.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PackageLine {
    /// From the unpacker's first byte on.
    offset: u64,
    size: u64,
    what: String,
    /// What it becomes, if it doesn't stay where it is loaded.
    unpacked_to: Option<Memory>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Memory {
    start: String,
    end: String,
}

pub(super) fn memory(map: &MemoryMap) -> Vec<MemoryLine> {
    map.entries()
        .iter()
        .map(|entry| MemoryLine {
            start: address(entry.memory.start),
            end: address(entry.memory.end),
            what: entry.what.clone(),
            file: entry.file.as_deref().map(base_name),
        })
        .collect()
}

pub(super) fn package(map: &FileMap) -> Vec<PackageLine> {
    map.entries()
        .iter()
        .map(|piece| PackageLine {
            offset: piece.offset,
            size: piece.size,
            what: piece.what.to_owned(),
            unpacked_to: piece.memory.map(|memory| Memory {
                start: address(memory.start),
                end: address(memory.end),
            }),
        })
        .collect()
}
