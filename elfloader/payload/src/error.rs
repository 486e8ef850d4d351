// SPDX-License-Identifier: BSD-2-Clause

use thiserror::Error;

use crate::{MAGIC, VERSION};

/// Why bytes are not a payload header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Fewer bytes than the header or its regions take.
    #[error("payload header: {needed} bytes expected, {found} found")]
    Truncated {
        /// Bytes needed.
        needed: usize,
        /// Bytes at hand.
        found: usize,
    },
    /// The first bytes are not [`MAGIC`], or the header isn't aligned to 8 bytes.
    #[error("payload header: {MAGIC:?} expected at its start, something else found")]
    Magic,
    /// A contract of another version.
    #[error("payload header: version {VERSION} expected, {found} found")]
    Version {
        /// The version found.
        found: u32,
    },
    /// The length disagrees with the number of regions.
    #[error("payload header: length {length} disagrees with {regions} regions")]
    Length {
        /// The length found.
        length: u32,
        /// The number of regions found.
        regions: u32,
    },
    /// The header was changed after it was written.
    #[error("payload header: checksum {expected:#010x} expected, {found:#010x} found")]
    Checksum {
        /// The checksum that the header names.
        expected: u32,
        /// The checksum of the bytes at hand.
        found: u32,
    },
    /// A field has a value that this version gives no meaning.
    #[error("payload header: {field} has a value that version {VERSION} does not know")]
    Field {
        /// The field's name.
        field: &'static str,
    },
    /// A region has a kind, source, encoding or size that this version gives no meaning.
    #[error("payload header: region {index} is malformed")]
    Region {
        /// The region's index.
        index: usize,
    },
    /// A region doesn't lie behind the one before it.
    #[error("payload header: region {index} does not lie behind region {}", index - 1)]
    Order {
        /// The region's index.
        index: usize,
    },
}
