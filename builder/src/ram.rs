// SPDX-License-Identifier: BSD-2-Clause

//! Sets of physical memory: ascending, disjoint ranges, none of which touches the next.

use kaal_payload::{PhysAddr, PhysRange};

#[cfg(test)]
mod tests;

/// The set of all addresses in `ranges`.
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

/// The set of all addresses in `ranges` that are not in `holes`.
pub(crate) fn subtract(
    ranges: Vec<PhysRange>,
    holes: impl IntoIterator<Item = PhysRange>,
) -> Vec<PhysRange> {
    let mut rest = union(ranges);
    for hole in holes.into_iter().filter(|hole| !hole.is_empty()) {
        rest = rest
            .into_iter()
            .flat_map(|range| {
                let below = clip(range, PhysAddr(0), hole.start);
                let above = clip(range, hole.end, PhysAddr(u64::MAX));
                [below, above]
            })
            .filter(|range| !range.is_empty())
            .collect();
    }
    rest
}

/// The set of all addresses that are in both sets.
pub(crate) fn intersect(some: &[PhysRange], others: &[PhysRange]) -> Vec<PhysRange> {
    some.iter()
        .flat_map(|&range| {
            others
                .iter()
                .map(move |other| clip(range, other.start, other.end))
        })
        .filter(|range| !range.is_empty())
        .collect()
}

/// Whether all of `part` lies in `set`.
pub(crate) fn contains(set: &[PhysRange], part: PhysRange) -> bool {
    set.iter().any(|range| range.contains(part))
}

/// The part of `range` from `start` up to `end`; it may be empty.
pub(crate) fn clip(range: PhysRange, start: PhysAddr, end: PhysAddr) -> PhysRange {
    PhysRange {
        start: range.start.max(start),
        end: range.end.min(end),
    }
}

/// The ranges, for a message.
pub(crate) fn describe(set: &[PhysRange]) -> String {
    set.iter()
        .map(PhysRange::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
