// SPDX-License-Identifier: BSD-2-Clause

//! Makes the page tables of every small layout: they map exactly the intended pages. If two ranges
//! share a page, it gets the attributes of the first.
//!
//! Ranges begin and end near the boundaries of pages, of 2 MiB blocks and of 1 GiB blocks, and within
//! a page. The test maps all ranges between two such points, in all orders.

use std::iter;

use kaal_payload::{PAGE_SIZE, PhysRange};
use kaal_translation::{Regime, Use};

use super::{
    EL1_CODE, EL1_CONSTANTS, EL1_DATA, EL2_CODE, EL2_CONSTANTS, EL2_DATA, POOL, mapped, range, walk,
};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Where memory begins and ends, ascending.
const POINTS: [u64; 8] = [
    GIB - 2 * MIB,
    GIB - PAGE_SIZE,
    GIB - PAGE_SIZE / 2,
    GIB,
    GIB + PAGE_SIZE,
    GIB + 2 * MIB,
    2 * GIB,
    2 * GIB + PAGE_SIZE,
];

/// Memory that is mapped with the same attributes: start, size, attributes.
type Run = (u64, u64, u64);

/// All memory between two points.
fn ranges() -> impl Iterator<Item = PhysRange> + Clone {
    let ends_of = |first: usize| POINTS.into_iter().skip(first + 1);
    let starts = POINTS.into_iter().enumerate();
    starts.flat_map(move |(first, start)| ends_of(first).map(move |end| range(start, end)))
}

/// All uses of a range.
fn uses() -> impl Iterator<Item = (PhysRange, Use)> + Clone {
    ranges()
        .flat_map(|range| [Use::Code, Use::Data, Use::Constants].map(|what_for| (range, what_for)))
}

/// Joins what adjoins and has the same attributes.
fn join(runs: impl IntoIterator<Item = Run>) -> Vec<Run> {
    let mut joined: Vec<Run> = Vec::new();
    for (start, size, attributes) in runs {
        match joined.last_mut() {
            Some(last) if last.0 + last.1 == start && last.2 == attributes => last.1 += size,
            _ => joined.push((start, size, attributes)),
        }
    }
    joined
}

/// The expected mappings of `memory`.
fn intended(regime: Regime, memory: &[(PhysRange, Use)]) -> Vec<Run> {
    let attributes = |what_for| match (regime, what_for) {
        (Regime::El1, Use::Code) => EL1_CODE,
        (Regime::El1, Use::Constants) => EL1_CONSTANTS,
        (Regime::El1, Use::Data) => EL1_DATA,
        (Regime::El2OrEl3, Use::Code) => EL2_CODE,
        (Regime::El2OrEl3, Use::Constants) => EL2_CONSTANTS,
        (Regime::El2OrEl3, Use::Data) => EL2_DATA,
    };
    // All pages between two of these are alike.
    let mut bounds: Vec<u64> = POINTS
        .into_iter()
        .flat_map(|point| [point / PAGE_SIZE, point.div_ceil(PAGE_SIZE)])
        .map(|page| page * PAGE_SIZE)
        .collect();
    bounds.dedup();
    let pieces = iter::zip(&bounds, &bounds[1..]).filter_map(|(&start, &end)| {
        let piece = range(start, end);
        let first = memory.iter().find(|(memory, _)| memory.overlaps(piece))?;
        Some((start, end - start, attributes(first.1)))
    });
    join(pieces)
}

fn check(regime: Regime, memory: &[(PhysRange, Use)]) {
    let found = mapped(regime, memory, POOL).map(|pool| join(walk(&pool)));
    assert!(
        found == Ok(intended(regime, memory)),
        "{regime:?}, {memory:x?}: {found:x?}"
    );
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn two_ranges_for_any_use() {
    let mut layouts = 0;
    for regime in [Regime::El1, Regime::El2OrEl3] {
        for one in uses() {
            for other in uses() {
                check(regime, &[one, other]);
                layouts += 1;
            }
        }
    }
    assert_eq!(layouts, 2 * 84 * 84);
}

/// As the unpacker maps its code, the package and the destinations.
#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn code_and_two_ranges_of_data() {
    let mut layouts = 0;
    for code in ranges() {
        for one in ranges() {
            for other in ranges() {
                let data = [one, other].map(|memory| (memory, Use::Data));
                check(Regime::El1, &[(code, Use::Code), data[0], data[1]]);
                layouts += 1;
            }
        }
    }
    assert_eq!(layouts, 28 * 28 * 28);
}
