// SPDX-License-Identifier: BSD-2-Clause

//! Checks that memory is zero.

/// Pairs of words between two branches.
const MANY: usize = 16;

/// Whether all `bytes` are zero.
#[inline(never)]
pub fn is_zero(bytes: &[u8]) -> bool {
    // SAFETY: any sixteen bytes are a number.
    let (head, pairs, tail) = unsafe { bytes.align_to::<u128>() };
    let (many, pairs) = pairs.as_chunks::<MANY>();
    let union = |pairs: &[u128]| pairs.iter().fold(0, |union, &pair| union | pair);
    head.iter().chain(tail).all(|&byte| byte == 0)
        && union(pairs) == 0
        && many.iter().all(|pairs| union(pairs) == 0)
}
