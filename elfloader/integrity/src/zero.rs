// SPDX-License-Identifier: BSD-2-Clause

//! The search for what is not zero.

use core::arch::aarch64::{uint64x2_t, vgetq_lane_u64, vorrq_u64};

/// Vectors that are looked at between two branches.
const VECTORS: usize = 8;

type Group = [uint64x2_t; VECTORS];

/// The index of the first byte that isn't zero.
pub fn first_nonzero(bytes: &[u8]) -> Option<usize> {
    // SAFETY: any sixteen bytes are a vector.
    let (head, groups, tail) = unsafe { bytes.align_to::<Group>() };
    let first_in = |bytes: &[u8]| bytes.iter().position(|&byte| byte != 0);
    let (before, behind) = (head.len(), bytes.len() - tail.len());
    first_in(head)
        .or_else(|| {
            let group = groups.iter().position(|group| !is_zero(group))?;
            let start = before + group * size_of::<Group>();
            Some(start + first_in(bytes.get(start..)?)?)
        })
        .or_else(|| Some(behind + first_in(tail)?))
}

fn is_zero(&[a, b, c, d, e, f, g, h]: &Group) -> bool {
    // SAFETY: every AArch64 processor that the programs run on has vectors.
    unsafe {
        let [a, b, c, d] = [
            vorrq_u64(a, b),
            vorrq_u64(c, d),
            vorrq_u64(e, f),
            vorrq_u64(g, h),
        ];
        let all = vorrq_u64(vorrq_u64(a, b), vorrq_u64(c, d));
        vgetq_lane_u64::<0>(all) | vgetq_lane_u64::<1>(all) == 0
    }
}
