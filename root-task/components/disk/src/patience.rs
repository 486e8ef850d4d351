// SPDX-License-Identifier: BSD-2-Clause

//! A limit for the time of a request, so that a disk that doesn't answer can't keep the client.

use core::mem;

use kaal_component::{Refusal, Timer};

/// The alarm, which expires each second.
const ALARM: u64 = 0;
const SECOND: u64 = 1_000_000;

/// The seconds that a request may take: far more than a disk in use takes.
const LIMIT: u64 = 5;

pub(crate) struct Patience {
    timer: Timer,
}

impl Patience {
    pub(crate) fn new() -> Result<Self, Refusal> {
        let timer = Timer::open()?;
        timer.set(ALARM, 0, SECOND)?;
        Ok(Self { timer })
    }

    /// Begins anew if the timer's component was restarted. Returns whether it was.
    pub(crate) fn renew(&mut self) -> Result<bool, Refusal> {
        if self.timer.is_open() {
            return Ok(false);
        }
        let former = mem::replace(self, Self::new()?);
        former.timer.close()?;
        Ok(true)
    }

    /// Returns the time at which a request that begins now has taken too long.
    pub(crate) fn limit(&self) -> u64 {
        self.timer.expiries(ALARM as usize).saturating_add(LIMIT)
    }

    /// Whether a request with this `limit` has taken too long.
    pub(crate) fn is_over(&self, limit: u64) -> bool {
        self.timer.expiries(ALARM as usize) > limit
    }
}
