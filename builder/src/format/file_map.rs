// SPDX-License-Identifier: BSD-2-Clause

//! What lies where in a packed image's file.

use std::fmt;

use kaal_payload::{Chunk, Encoding, PhysRange};

/// A line of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileMapEntry {
    /// Offset in bytes from the unpacker's first byte.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// What it is.
    pub what: &'static str,
    /// What it becomes, if it doesn't stay where it is loaded.
    pub memory: Option<PhysRange>,
}

/// What lies where in a packed image's file, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMap(Vec<FileMapEntry>);

impl FileMapEntry {
    pub(crate) fn of_chunk(chunk: &Chunk) -> Self {
        let stored = chunk.stored();
        Self {
            offset: stored.offset,
            size: stored.size,
            what: match (stored.encoding, stored.size) {
                (_, 0) => "zeroes",
                (Encoding::Identity, _) => "content",
                (Encoding::Lz4, _) => "LZ4 block",
            },
            memory: Some(chunk.memory()),
        }
    }
}

impl FileMap {
    pub(crate) fn new(entries: Vec<FileMapEntry>) -> Self {
        Self(entries)
    }

    /// The lines, by ascending offset.
    pub fn entries(&self) -> &[FileMapEntry] {
        &self.0
    }
}

/// A table with a line for each piece; sizes are in bytes.
impl fmt::Display for FileMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<14} {:>10}  {:<15} unpacked to",
            "offset", "size", "what"
        )?;
        for FileMapEntry {
            offset,
            size,
            what,
            memory,
        } in &self.0
        {
            match memory {
                Some(memory) => write!(f, "\n{offset:<#14x} {size:>10}  {what:<15} {memory}")?,
                None => write!(f, "\n{offset:<#14x} {size:>10}  {what}")?,
            }
        }
        Ok(())
    }
}
