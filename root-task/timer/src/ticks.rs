// SPDX-License-Identifier: BSD-2-Clause

//! The units of a counter.

/// Microseconds in a second.
pub const MICROSECONDS: u64 = 1_000_000;

/// Returns the microseconds of a counter with this number of ticks in a second, rounded down.
pub fn from_ticks(ticks: u64, frequency: u64) -> u64 {
    scaled(ticks, frequency, MICROSECONDS, 0)
}

/// Returns the ticks of a counter after which the microseconds have passed.
pub fn to_ticks(microseconds: u64, frequency: u64) -> u64 {
    scaled(microseconds, MICROSECONDS, frequency, MICROSECONDS - 1)
}

/// Returns `value * to / from`, after `round` was added to the product; the largest number for more.
fn scaled(value: u64, from: u64, to: u64, round: u64) -> u64 {
    let product = u128::from(value) * u128::from(to) + u128::from(round);
    let scaled = product.checked_div(from.into());
    scaled.map_or(u64::MAX, |scaled| scaled.try_into().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{from_ticks, to_ticks};

    #[test]
    fn alarms_are_never_early() {
        for frequency in [1, 32_768, 999_999, 62_500_000, 1_000_000_000] {
            for time in [0, 1, 15, 1_000_001, 1 << 40] {
                assert!(from_ticks(to_ticks(time, frequency), frequency) >= time);
            }
        }
    }

    #[test]
    fn extremes_are_numbers() {
        assert_eq!(to_ticks(u64::MAX, u64::MAX), u64::MAX);
        assert_eq!(from_ticks(u64::MAX, 0), u64::MAX);
        assert_eq!(from_ticks(625, 62_500_000), 10);
    }
}
