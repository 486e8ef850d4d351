// SPDX-License-Identifier: BSD-2-Clause

//! Why bytes are not a valid device tree.

use thiserror::Error;

/// The most nodes on the path from the root to a node, both included.
pub(crate) const MAX_DEPTH: usize = 16;

/// The longest name of a node or property, in bytes. The specification allows 31, the Raspberry Pi 4's firmware uses
/// 36. This limits the work that a malformed tree causes.
pub(crate) const MAX_NAME: usize = 255;

/// Size of the header in bytes.
pub(crate) const HEADER_SIZE: usize = 40;

/// The first four bytes.
pub(crate) const MAGIC: u32 = 0xd00d_feed;

/// The version that all current tools write, and that this reader expects.
pub(crate) const VERSION: u32 = 17;

/// Why bytes are not a valid header of a device tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// There are fewer bytes than a header has.
    #[error(
        "{} bytes expected for a device tree's header, {found} found",
        HEADER_SIZE
    )]
    Truncated {
        /// Bytes present.
        found: usize,
    },
    /// The magic number is wrong.
    #[error("magic {MAGIC:#010x} expected, {found:#010x} found")]
    Magic {
        /// The value found.
        found: u32,
    },
    /// The version is not compatible with the one that this crate reads.
    #[error("version {VERSION} expected, version {found} found")]
    Version {
        /// The version found.
        found: u32,
    },
    /// The structure block doesn't start at a multiple of four bytes.
    #[error("the structure block is not aligned")]
    Unaligned,
    /// A block doesn't lie within the size that the header states.
    #[error("the {block} block does not lie within the {size} bytes that the header names")]
    Block {
        /// The block's name.
        block: &'static str,
        /// `totalsize`
        size: u32,
    },
}

/// Why bytes are not a valid device tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The header is malformed.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// There are fewer bytes than the header states.
    #[error("{expected} bytes expected, {found} found")]
    Truncated {
        /// `totalsize`
        expected: usize,
        /// Bytes present.
        found: usize,
    },
    /// The structure block is not one root with properly nested nodes and properties, or a node's name has more than
    /// 255 bytes.
    #[error("the structure block is malformed at offset {offset:#x}")]
    Structure {
        /// Offset in the structure block.
        offset: usize,
    },
    /// A property follows a subnode of its node, where most readers ignore it (Devicetree Specification v0.4, section
    /// 5.4.2).
    #[error("a property follows a subnode at offset {offset:#x} of the structure block")]
    Misplaced {
        /// Offset in the structure block.
        offset: usize,
    },
    /// The strings block has a name of more than 255 bytes, or one without an end.
    #[error("the strings block has a name without an end or of more than {MAX_NAME} bytes")]
    Names,
    /// Nodes are nested more than 16 deep.
    #[error("nodes are nested more than {MAX_DEPTH} deep")]
    TooDeep,
}
