// SPDX-License-Identifier: BSD-2-Clause

//! When components that failed are started again.

use crate::system::Embedded;

/// A component, and how far it is with its restarts.
#[derive(Clone, Copy)]
pub(crate) struct Supervised {
    pub(crate) program: &'static Embedded,
    /// How often it was restarted after a failure.
    pub(crate) restarts: u32,
    /// Whether it is not restarted any more.
    pub(crate) given_up: bool,
    /// The second in which it is started again.
    due: Option<u64>,
}

impl Supervised {
    /// A component that has not failed.
    pub(crate) fn new(program: &'static Embedded) -> Self {
        Self {
            program,
            restarts: 0,
            given_up: false,
            due: None,
        }
    }

    /// The component failed. Returns the seconds, at least, after which it is started again; `None`
    /// gives it up. Without a clock, `now` is `None`, and nothing can be delayed.
    pub(crate) fn fail(&mut self, now: Option<u64>) -> Option<u64> {
        let Some(milliseconds) = self.program.config.restart.delay(self.restarts) else {
            self.given_up = true;
            return None;
        };
        self.restarts += 1;
        let seconds = milliseconds.div_ceil(1000);
        match now {
            Some(now) if seconds > 0 => {
                // The current second is over at any moment.
                self.due = Some(now + seconds + 1);
                Some(seconds)
            }
            _ => Some(0),
        }
    }

    /// Whether it is to be started now.
    pub(crate) fn is_due(&mut self, now: u64) -> bool {
        self.due.take_if(|due| *due <= now).is_some()
    }
}
