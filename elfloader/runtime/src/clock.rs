// SPDX-License-Identifier: BSD-2-Clause

//! Waits, with a time limit.

use core::hint::spin_loop;

use crate::read_register;

/// The time limit.
const SECONDS: u64 = 5;

/// The most reads, which take some seconds. They are the limit if the firmware hasn't written the counter's
/// frequency to CNTFRQ_EL0, or if the counter is off.
const MOST_LOOKS: u32 = 1 << 28;

/// A wait that has begun.
pub struct Limit {
    started: u64,
    looks: u32,
}

impl Limit {
    /// Begins now.
    pub fn begin() -> Self {
        Self {
            started: now(),
            looks: 0,
        }
    }

    /// Whether the time is over. Call this in a loop, for each look.
    #[inline(never)]
    pub fn is_over(&mut self) -> bool {
        spin_loop();
        self.looks += 1;
        let limit = SECONDS * read_register!("cntfrq_el0");
        (self.looks == MOST_LOOKS) | (limit != 0) & (now().wrapping_sub(self.started) > limit)
    }
}

/// Waits until the bits of `word` in `mask` are `bits`. Returns false if they aren't in time.
///
/// # Safety
///
/// `word` must be readable, as memory or as a device's register.
#[inline(never)]
pub unsafe fn wait_for(word: *const u32, mask: u32, bits: u32) -> bool {
    let mut limit = Limit::begin();
    // SAFETY: the caller vouches for it.
    while unsafe { word.read_volatile() } & mask != bits {
        if limit.is_over() {
            return false;
        }
    }
    true
}

/// The virtual counter. EL1 may always read it, and its distance from the physical one doesn't change.
fn now() -> u64 {
    read_register!("cntvct_el0")
}
