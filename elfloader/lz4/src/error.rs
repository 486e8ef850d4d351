// SPDX-License-Identifier: BSD-2-Clause

use core::fmt;

/// Why a block can't be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// It ends within a sequence.
    Truncated,
    /// A match begins before the output, or at its own copy.
    Offset,
    /// The content is longer than expected.
    TooLong,
    /// The content is shorter than expected.
    TooShort,
}

/// Printed after "it".
impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "ends within a sequence",
            Self::Offset => "repeats bytes from outside of itself",
            Self::TooLong => "decompresses to more bytes than expected",
            Self::TooShort => "decompresses to fewer bytes than expected",
        })
    }
}

impl core::error::Error for DecodeError {}
