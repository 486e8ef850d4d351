// SPDX-License-Identifier: BSD-2-Clause

//! The search for what is not zero.

use core::arch::aarch64::{uint64x2_t, vgetq_lane_u64, vorrq_u64};

/// Vectors that are looked at between two branches.
const GROUP: usize = 16;

/// Whether all `bytes` are zero.
#[inline(never)]
pub fn is_zero(bytes: &[u8]) -> bool {
    // SAFETY: any sixteen bytes are a vector.
    let (head, vectors, tail) = unsafe { bytes.align_to() };
    let (groups, rest) = vectors.as_chunks::<GROUP>();
    head.iter().chain(tail).all(|&byte| byte == 0)
        && rest.iter().all(|vector| all_zero([vector]))
        && groups.iter().all(all_zero)
}

fn all_zero<'a>(vectors: impl IntoIterator<Item = &'a uint64x2_t>) -> bool {
    // SAFETY: every AArch64 processor that the programs run on has vectors.
    let union = vectors
        .into_iter()
        .copied()
        .reduce(|union, vector| unsafe { vorrq_u64(union, vector) });
    // SAFETY: as above.
    union
        .is_none_or(|union| unsafe { vgetq_lane_u64::<0>(union) | vgetq_lane_u64::<1>(union) == 0 })
}
