// SPDX-License-Identifier: BSD-2-Clause

//! The data cache, past which the program accesses memory.

use crate::read_register;

/// Removes lines of these bytes from the data caches of all cores, so that neither an old line covers
/// what is written past the caches, nor is written back over it.
///
/// # Safety
///
/// The bytes must be memory.
pub unsafe fn invalidate(start: *const u8, size: usize) {
    // CTR_EL0.DminLine: log2 of the words in the smallest line (Arm ARM DDI 0487).
    let line = 4usize << (read_register!("ctr_el0") >> 16 & 0xf);
    let first = start.addr() & !(line - 1);
    for address in (first..start.addr() + size).step_by(line) {
        // SAFETY: cleaning and invalidating a line changes no byte of memory's content.
        unsafe { core::arch::asm!("dc civac, {}", in(reg) address, options(nostack)) };
    }
    // SAFETY: a barrier.
    unsafe { core::arch::asm!("dsb sy", options(nostack)) };
}
