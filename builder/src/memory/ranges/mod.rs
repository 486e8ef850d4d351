// SPDX-License-Identifier: BSD-2-Clause

//! Sets of physical addresses: ascending, disjoint ranges that don't touch each other.

use std::iter;

use kaal_payload::{PhysAddr, PhysRange};

#[cfg(test)]
mod tests;

/// The union of `ranges`.
pub(crate) fn union(mut ranges: Vec<PhysRange>) -> Vec<PhysRange> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort();
    ranges.dedup_by(|next, range| {
        let touches = next.start <= range.end;
        if touches {
            range.end = range.end.max(next.end);
        }
        touches
    });
    ranges
}

/// The addresses in `ranges` that are in none of `holes`.
pub(crate) fn subtract(
    ranges: Vec<PhysRange>,
    holes: impl IntoIterator<Item = PhysRange>,
) -> Vec<PhysRange> {
    let holes = union(holes.into_iter().collect());
    intersect(&union(ranges), &complement(&holes))
}

/// The addresses that are not in `set`.
fn complement(set: &[PhysRange]) -> Vec<PhysRange> {
    let starts = iter::once(PhysAddr(0)).chain(set.iter().map(|range| range.end));
    let ends = set.iter().map(|range| range.start);
    starts
        .zip(ends.chain([PhysAddr(u64::MAX)]))
        .map(|(start, end)| PhysRange { start, end })
        .filter(|range| !range.is_empty())
        .collect()
}

/// The addresses in both sets.
pub(crate) fn intersect(mut some: &[PhysRange], mut others: &[PhysRange]) -> Vec<PhysRange> {
    let mut both = Vec::new();
    while let ([one, more @ ..], [other, more_others @ ..]) = (some, others) {
        let part = clip(*one, other.start, other.end);
        if !part.is_empty() {
            both.push(part);
        }
        match one.end < other.end {
            true => some = more,
            false => others = more_others,
        }
    }
    both
}

/// Whether `set` contains all of `part`.
pub(crate) fn contains(set: &[PhysRange], part: PhysRange) -> bool {
    set.iter().any(|range| range.contains(part))
}

/// The part of `range` within `start..end`, possibly empty.
pub(crate) fn clip(range: PhysRange, start: PhysAddr, end: PhysAddr) -> PhysRange {
    PhysRange::from(range.start.max(start)..range.end.min(end))
}

/// Formats the ranges for a message.
pub(crate) fn describe(set: &[PhysRange]) -> String {
    let ranges: Vec<_> = set.iter().map(PhysRange::to_string).collect();
    match ranges.as_slice() {
        [] => "no memory".to_owned(),
        _ => ranges.join(", "),
    }
}
