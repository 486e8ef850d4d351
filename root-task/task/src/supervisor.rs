// SPDX-License-Identifier: BSD-2-Clause

//! When components that failed are started again.

use kaal_broker::{Decision, Restart};

/// How far a component is with its restarts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Supervised {
    /// How often it was restarted after a failure.
    pub(crate) restarts: u32,
    /// Whether it is not restarted any more.
    pub(crate) given_up: bool,
    /// The second in which it is started again.
    due: Option<u64>,
}

/// What happens to a component that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is started again, at once.
    Restart,
    /// It is started again after so many seconds at least.
    Later(u64),
    /// It stays stopped.
    Nothing,
}

impl Supervised {
    /// The component failed. Without a clock, `now` is `None`, and nothing can be delayed.
    pub(crate) fn fail(&mut self, policy: Restart, now: Option<u64>) -> Next {
        match (policy.decide(self.restarts), now) {
            (Decision::GiveUp, _) => {
                self.given_up = true;
                Next::Nothing
            }
            (Decision::After(0), _) | (_, None) => {
                self.restarts += 1;
                Next::Restart
            }
            (Decision::After(milliseconds), Some(now)) => {
                let seconds = milliseconds.div_ceil(1000);
                // The current second is over at any moment.
                self.due = Some(now + seconds + 1);
                self.restarts += 1;
                Next::Later(seconds)
            }
        }
    }

    /// Whether it is to be started now.
    pub(crate) fn is_due(&mut self, now: u64) -> bool {
        self.due.take_if(|due| *due <= now).is_some()
    }
}
