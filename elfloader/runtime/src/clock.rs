// SPDX-License-Identifier: BSD-2-Clause

//! Waiting, but not for ever.

use core::hint::spin_loop;

use crate::read_register;

/// The time that is waited at most, for anything.
const SECONDS: u64 = 5;

/// How often is looked at most: some seconds' worth, where the counter's frequency is not known (the
/// firmware has to write it to CNTFRQ_EL0) or nobody has started the counter.
const MOST_LOOKS: u32 = 1 << 28;

/// Waits until those bits of `word` that are set in `mask` are `bits`, and returns whether it came to
/// that in time.
///
/// # Safety
///
/// `word` must be one that can be read, be it memory or a device's.
#[inline(never)]
pub unsafe fn wait_for(word: *const u32, mask: u32, bits: u32) -> bool {
    let limit = SECONDS * read_register!("cntfrq_el0");
    let started = now();
    for _ in 0..MOST_LOOKS {
        // SAFETY: the caller's promise.
        if unsafe { word.read_volatile() } & mask == bits {
            return true;
        }
        if limit != 0 && now().wrapping_sub(started) > limit {
            return false;
        }
        spin_loop();
    }
    false
}

/// The virtual counter: EL1 may always read it, and what it lacks of the physical one stays the same.
fn now() -> u64 {
    read_register!("cntvct_el0")
}
