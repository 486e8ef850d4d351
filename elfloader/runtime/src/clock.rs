// SPDX-License-Identifier: BSD-2-Clause

//! Waits, with a time limit.

use core::hint::spin_loop;

use crate::read_register;

/// The time limit.
const SECONDS: u64 = 5;

/// The most reads, which take some seconds. They are the limit if the firmware hasn't written the counter's
/// frequency to CNTFRQ_EL0, or if the counter is off.
const MOST_LOOKS: u32 = 1 << 28;

/// Waits until the bits of `word` in `mask` are `bits`. Returns false if they aren't in time.
///
/// # Safety
///
/// `word` must be readable, as memory or as a device's register.
#[inline(never)]
pub unsafe fn wait_for(word: *const u32, mask: u32, bits: u32) -> bool {
    let limit = SECONDS * read_register!("cntfrq_el0");
    let started = now();
    for _ in 0..MOST_LOOKS {
        // SAFETY: the caller vouches for it.
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

/// The virtual counter. EL1 may always read it, and its distance from the physical one doesn't change.
fn now() -> u64 {
    read_register!("cntvct_el0")
}
