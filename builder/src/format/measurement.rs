// SPDX-License-Identifier: BSD-2-Clause

//! What tells one boot from another: a SHA-256 over what the kernel starts with.
//!
//! It is computed over these numbers, each of 64 bits and little-endian:
//!
//! - the kernel's entry point, the user image's, and the latter's physical minus virtual address;
//! - for each region of the payload header that holds kernel or user image, ascending: its address,
//!   its size in memory and the number of its stored bytes; and behind them, the stored bytes.
//!
//! Left out is what a machine or a version of KaaL brings along: device tree, translation tables and
//! loader.

use kaal_payload::{Measurement, RegionKind, UserImage, VirtAddr};
use sha2::{Digest, Sha256};

use crate::memory::chunk::Chunk;

/// Whether regions of the kind `kind` are measured.
pub(crate) fn covers(kind: Option<RegionKind>) -> bool {
    matches!(kind, Some(RegionKind::Kernel | RegionKind::UserImage))
}

/// Measures a kernel and a user image, whose stored `regions` ascend.
pub(crate) fn measure<'a>(
    kernel_entry: VirtAddr,
    user_image: UserImage,
    regions: impl IntoIterator<Item = Chunk<'a>>,
) -> Measurement {
    let mut hash = Sha256::new();
    for number in [kernel_entry.0, user_image.entry.0, user_image.pv_offset] {
        hash.update(number.to_le_bytes());
    }
    for Chunk { memory, content } in regions {
        let stored = content.len() as u64;
        for number in [memory.start.0, memory.size(), stored] {
            hash.update(number.to_le_bytes());
        }
        hash.update(content);
    }
    hash.finalize().into()
}
