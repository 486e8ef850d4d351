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
    /// Every time, without delay.
    Always,
}

impl Restart {
    /// The longest delay in milliseconds: one hour.
    const LONGEST: u64 = 60 * 60 * 1000;

    /// Returns the delay in milliseconds before the next restart, after `restarts` earlier ones.
    /// `None` means that the component stays stopped.
    pub fn delay(self, restarts: u32) -> Option<u64> {
        match self {
            Self::Never => None,
            Self::Always => Some(0),
            Self::Times { count, .. } if restarts >= count => None,
            Self::Times { .. } if restarts == 0 => Some(0),
            Self::Times { back_off, .. } => {
                let factor = 1u64.checked_shl(restarts - 1).unwrap_or(u64::MAX);
                Some(back_off.saturating_mul(factor).min(Self::LONGEST))
            }
        }
    }
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
        assert_eq!(Restart::Always.delay(u32::MAX), Some(0));
    }
}
