// SPDX-License-Identifier: BSD-2-Clause

//! Why bytes are not a device tree.

use thiserror::Error;

/// Nodes on the way from the root to the deepest node that is looked at.
pub(crate) const MAX_DEPTH: usize = 16;

/// Size of the header in bytes.
pub(crate) const HEADER_SIZE: usize = 40;

/// The first four bytes.
pub(crate) const MAGIC: u32 = 0xd00d_feed;

/// The version of the format that all current tools write, and the oldest that its readers must
/// understand.
pub(crate) const VERSION: u32 = 17;

/// Why bytes are not a flattened device tree's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Fewer bytes than a header has.
    #[error(
        "{} bytes expected for a device tree's header, {found} found",
        HEADER_SIZE
    )]
    Truncated {
        /// Bytes at hand.
        found: usize,
    },
    /// The first four bytes are wrong.
    #[error("magic {MAGIC:#010x} expected, {found:#010x} found")]
    Magic {
        /// The value found.
        found: u32,
    },
    /// A version that is not backwards-compatible with the one that this crate reads.
    #[error("version {VERSION} expected, version {found} found")]
    Version {
        /// The version found.
        found: u32,
    },
    /// A block lies outside the size that the header names.
    #[error("the {block} block does not lie within the {size} bytes that the header names")]
    Block {
        /// The block's name.
        block: &'static str,
        /// `totalsize`
        size: u32,
    },
}

/// Why bytes are not a flattened device tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The header is malformed.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Fewer bytes than the header names.
    #[error("{expected} bytes expected, {found} found")]
    Truncated {
        /// `totalsize`
        expected: usize,
        /// Bytes at hand.
        found: usize,
    },
    /// The structure block holds something else than one root with nodes and properties, properly nested,
    /// or a name of more than 255 bytes.
    #[error("the structure block is malformed at offset {offset:#x}")]
    Structure {
        /// Offset in the structure block.
        offset: usize,
    },
    /// Nodes are nested more than 16 deep.
    #[error("nodes are nested more than {MAX_DEPTH} deep")]
    TooDeep,
}
