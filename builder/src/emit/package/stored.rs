// SPDX-License-Identifier: BSD-2-Clause

//! Content as a package stores it.

use std::borrow::Cow;

use kaal_payload::Encoding;

use super::lz4;
use crate::format::Compression;

/// Stored bytes.
pub(super) struct StoredChunk<'a> {
    pub(super) encoding: Encoding,
    pub(super) bytes: Cow<'a, [u8]>,
}

impl<'a> StoredChunk<'a> {
    /// Stores `content`: compressed, if it is to be and gets smaller.
    pub(super) fn store(content: &'a [u8], compression: Compression) -> Self {
        if compression == Compression::Lz4 {
            let block = lz4::compress(content);
            if block.len() < content.len() {
                return Self {
                    encoding: Encoding::Lz4,
                    bytes: block.into(),
                };
            }
        }
        Self {
            encoding: Encoding::Identity,
            bytes: content.into(),
        }
    }
}
