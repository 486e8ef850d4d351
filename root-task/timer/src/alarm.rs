// SPDX-License-Identifier: BSD-2-Clause

//! One alarm.

/// The shortest period of an alarm, in microseconds.
pub const SHORTEST_PERIOD: u64 = 1000;

/// The time of an alarm that never expires.
const NEVER: u64 = u64::MAX;

/// An alarm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alarm {
    /// When it expires next.
    at: u64,
    /// The time between two expiries; 0 if it expires once.
    period: u64,
    /// How often it has expired.
    pub(crate) expiries: u64,
}

impl Alarm {
    /// An alarm that isn't set.
    pub(crate) const OFF: Self = Self {
        at: NEVER,
        period: 0,
        expiries: 0,
    };

    /// Sets the alarm to `at`, and to each `period` after that if it isn't 0.
    pub(crate) fn set(&mut self, at: u64, period: u64) {
        (self.at, self.period) = (at, period);
    }

    /// Returns when it expires next; `None` for never.
    pub(crate) fn next(&self) -> Option<u64> {
        Some(self.at).filter(|&at| at != NEVER)
    }

    /// Counts the expiries up to `now`. Returns whether there were any.
    pub(crate) fn expire(&mut self, now: u64) -> bool {
        let Some(late) = self.next().and_then(|at| now.checked_sub(at)) else {
            return false;
        };
        // Those that came too late to be noticed count too.
        let periods = late.checked_div(self.period).map(|missed| missed + 1);
        self.expiries = self.expiries.wrapping_add(periods.unwrap_or(1));
        let passed = periods.and_then(|periods| periods.checked_mul(self.period));
        let next = passed.and_then(|passed| self.at.checked_add(passed));
        self.at = next.unwrap_or(NEVER);
        true
    }
}
