// SPDX-License-Identifier: BSD-2-Clause

//! Checks that memory is zero.

use core::arch::aarch64::{uint64x2_t, vdupq_n_u64, vgetq_lane_u64, vorrq_u64};

/// Vectors between two branches.
const MANY: usize = 16;

/// Whether all `bytes` are zero.
#[inline(never)]
pub fn is_zero(bytes: &[u8]) -> bool {
    // SAFETY: any sixteen bytes are a vector.
    let (head, vectors, tail) = unsafe { bytes.align_to::<uint64x2_t>() };
    let (many, few) = vectors.as_chunks::<MANY>();
    head.iter().chain(tail).all(|&byte| byte == 0)
        && are_zero(few)
        && many.iter().all(|vectors| are_zero(vectors))
}

#[inline]
fn are_zero(vectors: &[uint64x2_t]) -> bool {
    // SAFETY: every AArch64 processor that the programs run on has vectors.
    unsafe {
        let union = vectors
            .iter()
            .fold(vdupq_n_u64(0), |union, &vector| vorrq_u64(union, vector));
        vgetq_lane_u64::<0>(union) | vgetq_lane_u64::<1>(union) == 0
    }
}
