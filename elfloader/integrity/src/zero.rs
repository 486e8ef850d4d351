// SPDX-License-Identifier: BSD-2-Clause

//! The search for what is not zero.

use core::arch::aarch64::{uint64x2_t, vgetq_lane_u64, vorrq_u64};

/// Vectors that are looked at between two branches.
const VECTORS: usize = 16;

type Group = [uint64x2_t; VECTORS];

/// Whether all `bytes` are zero.
#[inline(never)]
pub fn is_zero(bytes: &[u8]) -> bool {
    // SAFETY: any eight bytes are a number.
    let (head, words, tail) = unsafe { bytes.align_to::<u64>() };
    // SAFETY: any two numbers are a vector.
    let (first, groups, last) = unsafe { words.align_to::<Group>() };
    head.iter().all(|&byte| byte == 0)
        && tail.iter().all(|&byte| byte == 0)
        && first.iter().all(|&word| word == 0)
        && last.iter().all(|&word| word == 0)
        && groups.iter().all(group_is_zero)
}

fn group_is_zero([first, rest @ ..]: &Group) -> bool {
    // SAFETY: every AArch64 processor that the programs run on has vectors.
    unsafe {
        let union = rest
            .iter()
            .fold(*first, |union, &vector| vorrq_u64(union, vector));
        vgetq_lane_u64::<0>(union) | vgetq_lane_u64::<1>(union) == 0
    }
}
