// SPDX-License-Identifier: BSD-2-Clause

//! Copies memory with the MMU off.
//!
//! The compiler's function for overlapping memory takes a kilobyte. Others don't allow overlaps, and the compiler must
//! not choose one of them.

/// Copies `size` bytes, rounded up to words. Source and destination may overlap.
///
/// # Safety
///
/// As many bytes must be valid at `from` for reads and at `to` for writes. Both must be aligned to words, because the
/// MMU is off.
pub unsafe fn words(from: *const u64, to: *mut u64, size: usize) {
    let count = size.div_ceil(size_of::<u64>());
    let is_up = to.cast_const() <= from;
    for index in 0..count {
        let index = if is_up { index } else { count - 1 - index };
        // SAFETY: the caller vouches for the bytes. Volatile, so that the compiler calls no function.
        unsafe { to.add(index).write_volatile(from.add(index).read()) };
    }
}
