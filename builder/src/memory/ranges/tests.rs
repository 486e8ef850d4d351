// SPDX-License-Identifier: BSD-2-Clause

use kaal_payload::{PhysAddr, PhysRange};
use proptest::prelude::*;

use super::{contains, intersect, subtract, union};

/// The tests look at addresses below this one.
const END: u64 = 24;

fn ranges() -> impl Strategy<Value = Vec<PhysRange>> {
    let range = (0..END, 0..END).prop_map(|(start, end)| PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(end),
    });
    prop::collection::vec(range, 0..6)
}

fn has(set: &[PhysRange], address: u64) -> bool {
    let address = PhysAddr(address);
    set.iter()
        .any(|range| range.start <= address && address < range.end)
}

/// Whether the ranges ascend, none is empty and none touches the next.
fn is_canonical(set: &[PhysRange]) -> bool {
    set.iter().all(|range| !range.is_empty())
        && set
            .iter()
            .zip(set.iter().skip(1))
            .all(|(one, next)| one.end < next.start)
}

proptest! {
    #[test]
    fn sets_hold_what_they_should(some in ranges(), others in ranges()) {
        let (all, rest) = (union(some.clone()), subtract(some.clone(), others.clone()));
        let both = intersect(&union(some.clone()), &union(others.clone()));
        for address in 0..END {
            let (one, other) = (has(&some, address), has(&others, address));
            prop_assert_eq!(has(&all, address), one);
            prop_assert_eq!(has(&rest, address), one && !other);
            prop_assert_eq!(has(&both, address), one && other);
        }
        prop_assert!(is_canonical(&all));
        prop_assert!(is_canonical(&rest));
        prop_assert!(is_canonical(&both));
    }
}

#[test]
fn ranges_that_touch_are_one() {
    let range = |start, end| PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(end),
    };
    let set = union(vec![range(4, 8), range(1, 4)]);
    assert!(contains(&set, range(1, 8)));
    assert!(!contains(&set, range(1, 9)));
}
