// SPDX-License-Identifier: BSD-2-Clause

use core::fmt;

use crate::{Decimal, Hex, VERSION};

/// Why bytes are not a payload header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadError {
    /// Fewer bytes than the header and its regions take.
    Truncated {
        /// Bytes needed.
        needed: usize,
        /// Bytes at hand.
        found: usize,
    },
    /// The first bytes are not [`crate::MAGIC`], or the header isn't aligned to 8 bytes.
    Magic,
    /// A contract of another version.
    Version {
        /// The version found.
        found: u32,
    },
    /// The length disagrees with the number of regions, cores and boot arguments.
    Length {
        /// The length found.
        length: u32,
        /// The number of regions found.
        regions: u32,
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
    /// A region has a kind, source, encoding or size that this version gives no meaning.
    Region {
        /// The region's index.
        index: usize,
    },
    /// A region doesn't lie behind the one before it.
    Order {
        /// The region's index.
        index: usize,
    },
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("payload header: ")?;
        let number = |number: usize| Decimal(number as u64);
        match *self {
            Self::Truncated { needed, found } => {
                let (needed, found) = (number(needed), number(found));
                write!(f, "{needed} bytes expected, {found} found")
            }
            Self::Magic => f.write_str("KaaLboot expected at its start, something else found"),
            Self::Version { found } => {
                let (expected, found) = (Decimal(VERSION.into()), Decimal(found.into()));
                write!(f, "version {expected} expected, {found} found")
            }
            Self::Length { length, regions } => {
                let (length, regions) = (Decimal(length.into()), Decimal(regions.into()));
                write!(
                    f,
                    "its length, {length} bytes, disagrees with {regions} regions and what follows them"
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
            Self::Region { index } => write!(f, "region {} is malformed", number(index)),
            Self::Order { index } => {
                write!(
                    f,
                    "region {} does not lie behind the one before",
                    number(index)
                )
            }
        }
    }
}

impl core::error::Error for PayloadError {}
