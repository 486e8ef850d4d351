// SPDX-License-Identifier: BSD-2-Clause

//! Alarms of several clients, compared with a list of all expiries.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use kaal_protocol::Refusal;
use kaal_timer::{ALARMS, Alarms, SHORTEST_PERIOD};
use proptest::collection::vec;
use proptest::prelude::*;

type Table = Alarms<&'static str, 3>;

/// Attaches a client.
fn attach(alarms: &mut Table, badge: u64, name: &'static str) -> Option<&'static str> {
    alarms.attach(badge, || Ok(name)).unwrap()
}

/// Returns the clients whose alarms expire up to `now`, with their counts.
fn expired(alarms: &mut Table, now: u64) -> Vec<(&'static str, [u64; ALARMS])> {
    let mut told = Vec::new();
    alarms.expire(now, |expired| {
        told.push((*expired.contact, expired.expiries))
    });
    told
}

#[test]
fn alarms_expire_in_their_order() {
    let mut alarms = Table::default();
    assert_eq!(alarms.next(), None);
    attach(&mut alarms, 7, "a");
    attach(&mut alarms, 9, "b");
    alarms.set(7, 0, 5000, 0).unwrap();
    alarms.set(9, 3, 3000, 0).unwrap();
    assert_eq!(alarms.next(), Some(3000));
    assert_eq!(expired(&mut alarms, 2999), []);
    assert_eq!(expired(&mut alarms, 3000), [("b", [0, 0, 0, 1])]);
    assert_eq!(alarms.next(), Some(5000));
    assert_eq!(expired(&mut alarms, 9000), [("a", [1, 0, 0, 0])]);
    assert_eq!(alarms.next(), None);
}

#[test]
fn periods_that_were_missed_count() {
    let mut alarms = Table::default();
    attach(&mut alarms, 1, "a");
    alarms.set(1, 1, 10_000, 2000).unwrap();
    assert_eq!(expired(&mut alarms, 10_001), [("a", [0, 1, 0, 0])]);
    assert_eq!(expired(&mut alarms, 17_999), [("a", [0, 4, 0, 0])]);
    assert_eq!(alarms.next(), Some(18_099));
    alarms.set(1, 1, u64::MAX, 0).unwrap();
    assert_eq!(alarms.next(), None);
}

#[test]
fn interrupts_have_a_pause() {
    let mut alarms = Table::default();
    attach(&mut alarms, 1, "a");
    alarms.set(1, 0, 100, 0).unwrap();
    assert_eq!(expired(&mut alarms, 150), [("a", [1, 0, 0, 0])]);
    alarms.set(1, 0, 150, 0).unwrap();
    assert_eq!(alarms.next(), Some(250));
}

#[test]
fn a_client_has_its_own_alarms_only() {
    let mut alarms = Table::default();
    attach(&mut alarms, 1, "a");
    assert_eq!(alarms.set(2, 0, 0, 0), Err(Refusal::NotFound));
    assert_eq!(alarms.set(1, ALARMS as u64, 0, 0), Err(Refusal::NotFound));
    assert_eq!(alarms.set(1, u64::MAX, 0, 0), Err(Refusal::NotFound));
    let short = alarms.set(1, 0, 0, SHORTEST_PERIOD - 1);
    assert_eq!(short, Err(Refusal::Malformed));
}

#[test]
fn too_many_clients_are_refused_and_gone_ones_make_room() {
    let mut alarms = Table::default();
    for (badge, name) in [(1, "a"), (2, "b"), (3, "c")] {
        assert_eq!(attach(&mut alarms, badge, name), None);
    }
    let refused = alarms.attach(4, || panic!("no room"));
    assert_eq!(refused, Err(Refusal::UsedUp));
    alarms.set(2, 0, 1000, 0).unwrap();
    assert_eq!(attach(&mut alarms, 2, "new b"), Some("b"));
    assert_eq!(alarms.next(), None);
    let gone: Vec<_> = alarms.detach(|name| *name != "a").collect();
    assert_eq!(gone, ["new b", "c"]);
    assert_eq!(attach(&mut alarms, 4, "d"), None);
}

proptest! {
    /// However late `expire` is called: each alarm expires as often as its times have passed.
    #[test]
    fn every_expiry_counts_once(
        at in 0..100_000u64,
        period in prop_oneof![Just(0), SHORTEST_PERIOD..50_000],
        mut looks in vec(0..400_000u64, 1..20),
    ) {
        looks.sort_unstable();
        let mut alarms = Table::default();
        attach(&mut alarms, 1, "a");
        alarms.set(1, 2, at, period).unwrap();
        let mut count = 0;
        for now in looks {
            if let [(_, expiries)] = expired(&mut alarms, now)[..] {
                count = expiries[2];
            }
            let passed = now.checked_sub(at);
            let expected = passed.map_or(0, |passed| 1 + passed.checked_div(period).unwrap_or(0));
            prop_assert_eq!(count, expected);
            prop_assert!(alarms.next().is_none_or(|next| next > now));
        }
    }

    /// Extreme times cause neither a panic nor an alarm that expires again and again.
    #[test]
    fn extremes_end(at: u64, period in SHORTEST_PERIOD.., now: u64) {
        let mut alarms = Table::default();
        attach(&mut alarms, 1, "a");
        alarms.set(1, 0, at, period).unwrap();
        expired(&mut alarms, now);
        let again = expired(&mut alarms, now);
        prop_assert!(again.is_empty());
    }
}
