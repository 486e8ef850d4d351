// SPDX-License-Identifier: BSD-2-Clause

//! Checks that memory is zero.

/// Whether all `bytes` are zero.
#[inline(never)]
pub fn is_zero(bytes: &[u8]) -> bool {
    // SAFETY: any eight bytes are a number.
    let (head, words, tail) = unsafe { bytes.align_to::<u64>() };
    head.iter().chain(tail).all(|&byte| byte == 0) && words.iter().all(|&word| word == 0)
}
