// SPDX-License-Identifier: BSD-2-Clause

//! Copies memory that may overlap its copy, with the MMU off.
//!
//! The compiler's own function for that takes a kilobyte, and what Rust knows about references must not
//! let it choose one that expects no overlap.

/// Copies `size` bytes, rounded up to words, which may overlap their copy.
///
/// # Safety
///
/// As many bytes must be valid at `from` for reads and at `to` for writes; both must be aligned to
/// words, so that the MMU may be off.
pub unsafe fn words(from: *const u64, to: *mut u64, size: usize) {
    let count = size.div_ceil(size_of::<u64>());
    let is_up = to.cast_const() <= from;
    for index in 0..count {
        let index = if is_up { index } else { count - 1 - index };
        // SAFETY: the caller vouches for the bytes. Volatile, so that no function is called for it.
        unsafe { to.add(index).write_volatile(from.add(index).read()) };
    }
}
