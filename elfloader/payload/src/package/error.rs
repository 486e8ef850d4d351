// SPDX-License-Identifier: BSD-2-Clause

use core::fmt;

use crate::{Decimal, Hex, PACKAGE_VERSION};

/// Why bytes are not a package header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackageError {
    /// Fewer bytes than the header and its chunks take.
    Truncated {
        /// Bytes needed.
        needed: usize,
        /// Bytes at hand.
        found: usize,
    },
    /// The first bytes are not [`crate::PACKAGE_MAGIC`], or the header isn't aligned to 8 bytes.
    Magic,
    /// A contract of another version.
    Version {
        /// The version found.
        found: u32,
    },
    /// The length disagrees with the number of chunks.
    Length {
        /// The length found.
        length: u32,
        /// The number of chunks found.
        chunks: u32,
    },
    /// The header was changed after it was written.
    Checksum {
        /// The checksum that the header names.
        expected: u32,
        /// The checksum of the bytes at hand.
        found: u32,
    },
    /// A field has a value that this version gives no meaning.
    Field {
        /// The field's name.
        name: &'static str,
    },
    /// A chunk has an encoding or sizes that this version gives no meaning, doesn't lie behind the
    /// one before it, in the package or in memory, or lies where the unpacker works.
    Chunk {
        /// The chunk's index.
        index: usize,
    },
}

impl fmt::Display for PackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("package header: ")?;
        match *self {
            Self::Truncated { needed, found } => {
                let (needed, found) = (Decimal(needed as u64), Decimal(found as u64));
                write!(f, "{needed} bytes expected, {found} found")
            }
            Self::Magic => f.write_str("KaaLpack expected at its start, something else found"),
            Self::Version { found } => {
                let (expected, found) = (Decimal(PACKAGE_VERSION.into()), Decimal(found.into()));
                write!(f, "version {expected} expected, {found} found")
            }
            Self::Length { length, chunks } => {
                let (length, chunks) = (Decimal(length.into()), Decimal(chunks.into()));
                write!(
                    f,
                    "its length, {length} bytes, disagrees with {chunks} chunks"
                )
            }
            Self::Checksum { expected, found } => {
                let (expected, found) = (Hex(expected.into()), Hex(found.into()));
                write!(f, "checksum {expected} expected, {found} found")
            }
            Self::Field { name } => {
                f.write_str(name)?;
                f.write_str(" has a value that this version does not know")
            }
            Self::Chunk { index } => write!(f, "chunk {} is malformed", Decimal(index as u64)),
        }
    }
}

impl core::error::Error for PackageError {}
