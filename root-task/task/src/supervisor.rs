// SPDX-License-Identifier: BSD-2-Clause

//! Restarts of components that failed.

use crate::system::Embedded;

/// A component, and the state of its restarts.
#[derive(Clone, Copy)]
pub(crate) struct Supervised {
    pub(crate) program: &'static Embedded,
    /// Number of restarts after failures.
    pub(crate) restarts: u32,
    /// Whether it stays stopped.
    pub(crate) given_up: bool,
    /// The second of its next start.
    due: Option<u64>,
}

impl Supervised {
    /// A component that hasn't failed yet.
    pub(crate) fn new(program: &'static Embedded) -> Self {
        Self {
            program,
            restarts: 0,
            given_up: false,
            due: None,
        }
    }

    /// Handles a failure. Returns the minimum delay of the restart in seconds; `None` means that
    /// the component stays stopped. `now` is `None` without a clock; then the delay is 0.
    pub(crate) fn fail(&mut self, now: Option<u64>) -> Option<u64> {
        let Some(milliseconds) = self.program.config.restart.delay(self.restarts) else {
            self.given_up = true;
            return None;
        };
        self.restarts += 1;
        let seconds = milliseconds.div_ceil(1000);
        match now {
            Some(now) if seconds > 0 => {
                // The current second may end at any moment.
                self.due = Some(now + seconds + 1);
                Some(seconds)
            }
            _ => Some(0),
        }
    }

    /// Whether to start it now.
    pub(crate) fn is_due(&mut self, now: u64) -> bool {
        self.due.take_if(|due| *due <= now).is_some()
    }
}
