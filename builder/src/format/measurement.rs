// SPDX-License-Identifier: BSD-2-Clause

//! The measurement of a boot: a SHA-256 of what the kernel starts with.
//!
//! It covers these numbers, each of 64 bits and little-endian:
//!
//! - the entry points of kernel and user image, and the user image's physical minus virtual
//!   address;
//! - for each region with kernel or user image, in ascending order: address, size in memory and
//!   number of stored bytes, followed by the stored bytes.
//!
//! It doesn't cover what depends on the machine or on KaaL's version: device tree, page tables and
//! loader.

use kaal_payload::{Measurement, RegionKind, UserImage, VirtAddr};
use sha2::{Digest, Sha256};

use crate::memory::chunk::Chunk;

/// Whether the measurement covers regions of `kind`.
pub(crate) fn covers(kind: Option<RegionKind>) -> bool {
    matches!(kind, Some(RegionKind::Kernel | RegionKind::UserImage))
}

/// Measures a kernel and a user image with the stored `regions`, which ascend.
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

/// The value of a TPM's register in the bank of SHA-256, if nothing but `measurement` has extended it: the UEFI stub
/// extends it with the hash of the measurement.
pub(crate) fn pcr(measurement: &Measurement) -> Measurement {
    let initial = Measurement::default();
    let digest = Sha256::digest(measurement);
    Sha256::new()
        .chain_update(initial)
        .chain_update(digest)
        .finalize()
        .into()
}
