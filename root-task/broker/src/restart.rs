// SPDX-License-Identifier: BSD-2-Clause

//! Restart policies of components.

/// When to restart a component that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Never.
    #[default]
    Never,
    /// A number of times, with a delay that doubles each time.
    Times {
        /// Restarts before the component is given up.
        count: u32,
        /// Delay before the second restart, in milliseconds; the first is immediate.
        back_off: u64,
    },
    /// Every time, with a delay that doubles each time, unless the component ran for a while.
    Always,
}

impl Restart {
    /// The longest delay in milliseconds: one hour.
    const LONGEST: u64 = 60 * 60 * 1000;

    /// For [`Self::Always`], the delay before the second restart and the longest one, in
    /// milliseconds.
    const ALWAYS: (u64, u64) = (1000, 60 * 1000);

    /// Whether a component that ran for this many seconds counts as one that never failed.
    pub(crate) fn forgives(self, seconds: u64) -> bool {
        /// Longer than any delay.
        const CALM: u64 = 120;
        self == Self::Always && seconds >= CALM
    }

    /// Returns the delay in milliseconds before the next restart, after `restarts` earlier ones.
    /// `None` means that the component stays stopped.
    pub fn delay(self, restarts: u32) -> Option<u64> {
        match self {
            Self::Never => None,
            Self::Times { count, .. } if restarts >= count => None,
            Self::Times { back_off, .. } => Some(doubled(back_off, restarts, Self::LONGEST)),
            Self::Always => {
                let (back_off, longest) = Self::ALWAYS;
                Some(doubled(back_off, restarts, longest))
            }
        }
    }
}

/// Returns the delay after `restarts` earlier ones: none, `back_off`, and then twice as much each time.
fn doubled(back_off: u64, restarts: u32, longest: u64) -> u64 {
    let Some(doublings) = restarts.checked_sub(1) else {
        return 0;
    };
    let factor = 1u64.checked_shl(doublings).unwrap_or(u64::MAX);
    back_off.saturating_mul(factor).min(longest)
}

#[cfg(test)]
mod tests {
    use super::Restart;

    #[test]
    fn delays_double_until_the_component_is_given_up() {
        let policy = Restart::Times {
            count: 4,
            back_off: 500,
        };
        let delays = [0, 1, 2, 3, 4].map(|restarts| policy.delay(restarts));
        assert_eq!(delays, [Some(0), Some(500), Some(1000), Some(2000), None]);
    }

    #[test]
    fn no_delay_overflows() {
        let policy = Restart::Times {
            count: u32::MAX,
            back_off: u64::MAX,
        };
        assert_eq!(policy.delay(1000), Some(Restart::LONGEST));
        assert_eq!(Restart::Never.delay(0), None);
    }

    #[test]
    fn a_component_that_always_restarts_waits_too() {
        let delays = [0, 1, 2, 3, 100].map(|restarts| Restart::Always.delay(restarts));
        assert_eq!(
            delays,
            [Some(0), Some(1000), Some(2000), Some(4000), Some(60_000)]
        );
        assert!(Restart::Always.forgives(120) && !Restart::Always.forgives(119));
    }
}
