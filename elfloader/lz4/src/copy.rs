// SPDX-License-Identifier: BSD-2-Clause

//! Accesses of whatever alignment. The processor's own loads and stores are named, because the
//! compiler is told to do without unaligned ones.

/// Bytes that are copied at a time.
pub(crate) const BLOCK: usize = 16;

/// Bytes that [`copy_18`] copies.
pub(crate) const BLOCK_AND_PAIR: usize = 18;

/// Copies [`BLOCK`] bytes.
///
/// # Safety
///
/// As many bytes must be valid at `from` for reads and at `to` for writes. They may overlap.
#[inline(always)]
pub(crate) unsafe fn copy_block(from: *const u8, to: *mut u8) {
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

/// Copies [`BLOCK`] bytes, then two.
///
/// # Safety
///
/// As [`copy_block`], for [`BLOCK_AND_PAIR`] bytes.
#[inline(always)]
pub(crate) unsafe fn copy_18(from: *const u8, to: *mut u8) {
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the caller vouches for the bytes.
    unsafe {
        core::arch::asm!(
            "ldr     {block:q}, [{from}]",
            "str     {block:q}, [{to}]",
            "ldrh    {pair:w}, [{from}, #16]",
            "strh    {pair:w}, [{to}, #16]",
            from = in(reg) from,
            to = in(reg) to,
            block = out(vreg) _,
            pair = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
    #[cfg(not(target_arch = "aarch64"))]
    // SAFETY: the caller vouches for the bytes.
    unsafe {
        core::ptr::copy(from, to, BLOCK);
        core::ptr::copy(from.add(BLOCK), to.add(BLOCK), 2);
    }
}

/// Copies blocks until `size` bytes, at least one, have been copied.
///
/// # Safety
///
/// As many bytes, rounded up to blocks, must be valid at `from` for reads and at `to` for writes.
/// Where they overlap with `to` at least a block above `from`, what has been copied is copied again.
#[inline(always)]
pub(crate) unsafe fn copy_blocks(from: *const u8, to: *mut u8, size: usize) {
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the caller vouches for the bytes.
    unsafe {
        core::arch::asm!(
            "2:",
            "ldr     {block:q}, [{from}], #16",
            "subs    {size}, {size}, #16",
            "str     {block:q}, [{to}], #16",
            "b.hi    2b",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            size = inout(reg) size => _,
            block = out(vreg) _,
            options(nostack),
        );
    }
    #[cfg(not(target_arch = "aarch64"))]
    for offset in (0..size).step_by(BLOCK) {
        // SAFETY: the caller vouches for the bytes.
        unsafe { core::ptr::copy(from.add(offset), to.add(offset), BLOCK) };
    }
}

/// The little-endian number of 16 bits at `from`.
///
/// # Safety
///
/// Two bytes must be valid at `from`.
#[inline(always)]
pub(crate) unsafe fn read_u16(from: *const u8) -> usize {
    #[cfg(target_arch = "aarch64")]
    {
        let value: usize;
        // SAFETY: the caller vouches for the bytes.
        unsafe {
            core::arch::asm!(
                "ldrh    {value:w}, [{from}]",
                from = in(reg) from,
                value = lateout(reg) value,
                options(nostack, preserves_flags, readonly),
            );
        }
        value
    }
    #[cfg(not(target_arch = "aarch64"))]
    // SAFETY: the caller vouches for the bytes.
    unsafe {
        u16::from_le(from.cast::<u16>().read_unaligned()).into()
    }
}

/// Copies `size` bytes one after the other. Where they overlap with `to` above `from`, what has been
/// copied is copied again.
///
/// # Safety
///
/// As many bytes must be valid at `from` for reads and at `to` for writes.
#[inline]
pub(crate) unsafe fn copy_bytes(from: *const u8, to: *mut u8, size: usize) {
    for offset in 0..size {
        // SAFETY: the caller vouches for the bytes. Volatile, so that this loop doesn't become a call
        // of a function that takes it that they don't overlap.
        unsafe { to.add(offset).write_volatile(from.add(offset).read()) };
    }
}
