// SPDX-License-Identifier: BSD-2-Clause

//! Draws a range of memory to scale, as a line of characters.

use kaal_payload::{PhysAddr, PhysRange};

/// Character of memory with content in the file, and of other memory.
const STORED: char = '█';
const ZERO: char = '░';

/// Draws `whole` in `width` characters. Those that overlap `memory` are filled, fully if they overlap `stored`.
pub(super) fn bar(
    whole: PhysRange,
    memory: PhysRange,
    stored: &[PhysRange],
    width: usize,
) -> String {
    let letters = (0..width).map(|column| {
        let cell = cell(whole, column, width);
        match stored.iter().any(|range| range.overlaps(cell)) {
            _ if !cell.overlaps(memory) => ' ',
            true => STORED,
            false => ZERO,
        }
    });
    letters.collect()
}

/// The memory of one character; never empty.
fn cell(whole: PhysRange, column: usize, width: usize) -> PhysRange {
    let size = u128::from(whole.size());
    let edge = |column: usize| whole.start.0 + (size * column as u128 / width as u128) as u64;
    let (start, end) = (edge(column), edge(column + 1));
    let end = end.max(start.saturating_add(1));
    (PhysAddr(start)..PhysAddr(end)).into()
}

#[cfg(test)]
mod tests {
    use kaal_payload::{PhysAddr, PhysRange};
    use proptest::prelude::*;

    use super::{STORED, ZERO, bar};

    fn range(start: u64, end: u64) -> PhysRange {
        PhysRange {
            start: PhysAddr(start),
            end: PhysAddr(end),
        }
    }

    #[test]
    fn to_scale() {
        let whole = range(1000, 2000);
        let line = bar(whole, range(1200, 1700), &[range(1200, 1400)], 10);
        assert_eq!(line, "  ██░░░   ");
    }

    #[test]
    fn what_is_small_is_seen() {
        let whole = range(0, u64::MAX);
        let line = bar(whole, range(5, 6), &[range(5, 6)], 10);
        assert_eq!(line, "█         ");
        let line = bar(range(0, 3), range(1, 2), &[], 9);
        assert!(line.contains(ZERO));
    }

    proptest! {
        #[test]
        fn all_that_is_there_is_seen(
            start in 0..u64::MAX, size in 1..u64::MAX, at in any::<u64>(), width in 1..200usize,
        ) {
            let whole = range(start, start.saturating_add(size));
            let place = start + at % whole.size();
            let memory = range(place, place.saturating_add(1));
            let line = bar(whole, memory, &[memory], width);
            prop_assert_eq!(line.chars().count(), width);
            prop_assert!(line.contains(STORED));
        }
    }
}
