// SPDX-License-Identifier: BSD-2-Clause

//! What to do about a component that failed.

/// When a component that failed is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Not at all.
    Never,
    /// As many times, with a delay that doubles each time.
    Times {
        /// Restarts before the component is given up.
        count: u32,
        /// Delay before the second restart, in milliseconds; the first is immediate.
        back_off: u64,
    },
    /// Each time.
    Always,
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Start the component again after this time, in milliseconds.
    After(u64),
    /// Leave it stopped.
    GiveUp,
}

impl Restart {
    /// The longest delay: an hour, in milliseconds.
    const LONGEST: u64 = 60 * 60 * 1000;

    /// What to do after a failure, when the component was restarted `restarts` times before.
    pub fn decide(self, restarts: u32) -> Decision {
        match self {
            Self::Never => Decision::GiveUp,
            Self::Always => Decision::After(0),
            Self::Times { count, .. } if restarts >= count => Decision::GiveUp,
            Self::Times { .. } if restarts == 0 => Decision::After(0),
            Self::Times { back_off, .. } => {
                let factor = 1u64.checked_shl(restarts - 1).unwrap_or(u64::MAX);
                Decision::After(back_off.saturating_mul(factor).min(Self::LONGEST))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, Restart};

    #[test]
    fn delays_double_until_the_component_is_given_up() {
        let policy = Restart::Times {
            count: 4,
            back_off: 500,
        };
        let decisions = [0, 1, 2, 3, 4].map(|restarts| policy.decide(restarts));
        let after = Decision::After;
        assert_eq!(
            decisions,
            [
                after(0),
                after(500),
                after(1000),
                after(2000),
                Decision::GiveUp
            ]
        );
    }

    #[test]
    fn no_delay_overflows() {
        let policy = Restart::Times {
            count: u32::MAX,
            back_off: u64::MAX,
        };
        assert_eq!(policy.decide(1000), Decision::After(Restart::LONGEST));
        assert_eq!(Restart::Never.decide(0), Decision::GiveUp);
        assert_eq!(Restart::Always.decide(u32::MAX), Decision::After(0));
    }
}
