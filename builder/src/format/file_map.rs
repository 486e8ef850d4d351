// SPDX-License-Identifier: BSD-2-Clause

//! The list of parts in a package's file.

use std::fmt;

use kaal_payload::{Chunk, Encoding, PhysRange};

/// A part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileMapEntry {
    /// Offset in bytes from the unpacker's first byte.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// Its name.
    pub what: &'static str,
    /// The memory that it is unpacked to; `None` if it isn't unpacked.
    pub memory: Option<PhysRange>,
}

/// The parts of a package's file, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMap(pub(crate) Vec<FileMapEntry>);

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
    /// The parts by ascending offset.
    pub fn entries(&self) -> &[FileMapEntry] {
        &self.0
    }
}

/// Formats a table with a line for each part. Sizes are in bytes.
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
