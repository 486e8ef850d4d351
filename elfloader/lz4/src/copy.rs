// SPDX-License-Identifier: BSD-2-Clause

//! Copies bytes of any alignment.

/// Bytes that are copied at a time.
pub(crate) const BLOCK: usize = 16;

/// Copies [`BLOCK`] bytes.
///
/// # Safety
///
/// As many bytes must be valid at `from` for reads and at `to` for writes. They may overlap.
#[inline(always)]
pub(crate) unsafe fn copy_block(from: *const u8, to: *mut u8) {
    // The compiler generates no unaligned accesses for this target; it would copy byte by byte.
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the caller vouches for the bytes.
    unsafe {
        core::arch::asm!(
            "ldr     {block:q}, [{from}]",
            "str     {block:q}, [{to}]",
            from = in(reg) from,
            to = in(reg) to,
            block = out(vreg) _,
            options(nostack, preserves_flags),
        );
    }
    #[cfg(not(target_arch = "aarch64"))]
    // SAFETY: the caller vouches for the bytes.
    unsafe {
        core::ptr::copy(from, to, BLOCK);
    }
}

/// Copies `size` bytes, rounded up to blocks.
///
/// # Safety
///
/// As many bytes must be valid at `from` for reads and at `to` for writes. If they overlap, `to` must be at
/// least a block above `from`; bytes already copied are then copied again.
#[inline(always)]
pub(crate) unsafe fn copy_blocks(from: *const u8, to: *mut u8, size: usize) {
    let end = to.wrapping_add(size);
    let (mut from, mut to) = (from, to);
    while to < end {
        // SAFETY: the caller vouches for the bytes.
        unsafe { copy_block(from, to) };
        (from, to) = (from.wrapping_add(BLOCK), to.wrapping_add(BLOCK));
    }
}

/// Copies `size` bytes, rounded up to blocks if they fit `room`.
///
/// # Safety
///
/// `room` bytes, at least `size`, must be valid at `from` for reads and at `to` for writes. Overlaps as for
/// [`copy_blocks`].
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, size: usize, room: usize) {
    let in_blocks = match size.next_multiple_of(BLOCK) {
        whole if whole <= room => size,
        _ => size / BLOCK * BLOCK,
    };
    // SAFETY: the caller vouches for the bytes.
    unsafe {
        copy_blocks(from, to, in_blocks);
        copy_bytes(from.add(in_blocks), to.add(in_blocks), size - in_blocks);
    }
}

/// Copies `size` bytes, one after another. If they overlap and `to` is above `from`, bytes already copied are copied
/// again.
///
/// # Safety
///
/// As many bytes must be valid at `from` for reads and at `to` for writes.
#[inline]
pub(crate) unsafe fn copy_bytes(from: *const u8, to: *mut u8, size: usize) {
    for offset in 0..size {
        // SAFETY: the caller vouches for the bytes. Volatile, so that the compiler doesn't call a function that
        // allows no overlap.
        unsafe { to.add(offset).write_volatile(from.add(offset).read()) };
    }
}
