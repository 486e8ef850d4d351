// SPDX-License-Identifier: BSD-2-Clause

//! Streams of states.

use kaal_web::{KEEP_ALIVE, Link, RATE_TIME};

use crate::wire::{Wire, World, component, system, with_world};

const REQUEST: &[u8] = b"GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n";

fn publish(world: &mut World<'_>, restarts: u64) -> bool {
    let components = [component("crasher", restarts)];
    world.server.publish(&system(&components)).unwrap()
}

/// The restarts in the states that a client got.
fn restarts(wire: &Wire) -> Vec<u64> {
    let text = wire.text();
    let events = text.split("\n\n").filter_map(|event| {
        let json: serde_json::Value = serde_json::from_str(event.strip_prefix("data: ")?).unwrap();
        json["components"][0]["restarts"].as_u64()
    });
    events.collect()
}

#[test]
fn each_change_is_an_event() {
    with_world(4, |world| {
        publish(world, 0);
        world.wires[0] = Wire::with(REQUEST);
        world.settle();
        // The head ends with an empty line, too.
        let head = world.wires[0].text();
        let (_, first) = head.split_once("\r\n\r\n").unwrap();
        world.wires[0].to_client = first.as_bytes().to_vec();
        for round in [1, 1, 2, 3, 3] {
            publish(world, round);
            world.settle();
        }
        assert_eq!(restarts(&world.wires[0]), [0, 1, 2, 3]);
    });
}

#[test]
fn time_alone_is_no_change() {
    with_world(4, |world| {
        let components = [component("a", 0)];
        let mut system = system(&components);
        assert_eq!(world.server.publish(&system), Ok(true));
        system.uptime += 1_000_000;
        assert_eq!(world.server.publish(&system), Ok(false));
        system.web.slow += 1;
        assert_eq!(world.server.publish(&system), Ok(true));
    });
}

#[test]
fn silent_streams_show_that_they_live() {
    with_world(4, |world| {
        world.wires[0] = Wire::with(REQUEST);
        world.settle();
        for _ in 0..20 {
            world.pass(KEEP_ALIVE);
        }
        let text = world.wires[0].text();
        assert_eq!(text.matches("event: alive\ndata: -\n\n").count(), 20);
        assert_eq!(world.wires[0].link, Link::Up);
    });
}

#[test]
fn dead_clients_lose_their_stream() {
    with_world(4, |world| {
        world.wires[0] = Wire::with(REQUEST);
        world.settle();
        world.wires[0].room = 5;
        world.pass(KEEP_ALIVE);
        assert_eq!(world.wires[0].link, Link::Up);
        world.pass(RATE_TIME);
        assert_eq!(world.wires[0].link, Link::Down);
        assert_eq!(world.server.counters().slow, 1);
    });
}

#[test]
fn a_slow_reader_gets_whole_states() {
    with_world(4, |world| {
        publish(world, 0);
        world.wires[0] = Wire::with(REQUEST);
        world.wires[1] = Wire::with(REQUEST);
        world.wires[0].room = 600;
        for round in 1..50 {
            publish(world, round);
            world.settle();
            world.wires[0].room += 20;
        }
        world.wires[0].room = usize::MAX;
        world.settle();
        for wire in &mut world.wires[..2] {
            let text = wire.text();
            wire.to_client = text.split_once("\r\n\r\n").unwrap().1.into();
        }
        let slow = restarts(&world.wires[0]);
        assert!(
            slow.is_sorted_by(|a, b| a < b) && slow.len() < 40,
            "{slow:?}"
        );
        assert_eq!(slow.last(), Some(&49));
        assert_eq!(restarts(&world.wires[1]), (1..50).collect::<Vec<_>>());
    });
}

#[test]
fn states_that_nobody_finishes_are_overwritten() {
    with_world(16, |world| {
        // Each holds another state.
        for round in 0..6 {
            publish(world, round);
            world.wires[round as usize] = Wire::with(REQUEST);
            world.wires[round as usize].room = 600;
            world.settle();
        }
        for wire in &mut world.wires[..6] {
            wire.room = usize::MAX;
        }
        world.settle();
        let lost = world.wires[..6]
            .iter()
            .filter(|wire| wire.link == Link::Down);
        assert_eq!(lost.count(), 2);
        let last = &mut world.wires[5];
        last.to_client = last.text().split_once("\r\n\r\n").unwrap().1.into();
        assert_eq!(restarts(last), [5]);
    });
}

#[test]
fn half_of_the_connections_stay_free_of_streams() {
    with_world(8, |world| {
        for wire in &mut world.wires[..6] {
            *wire = Wire::with(REQUEST);
        }
        world.settle();
        let accepted = |wire: &&Wire| wire.text().starts_with("HTTP/1.1 200");
        assert_eq!(world.wires.iter().filter(accepted).count(), 4);
        let refused = world.wires[5].text();
        assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"));
        assert_eq!(world.server.counters().busy, 2);
    });
}

#[test]
fn a_closed_page_frees_its_stream() {
    with_world(4, |world| {
        world.wires[0] = Wire::with(REQUEST);
        world.settle();
        world.wires[0].link = Link::Ended;
        world.settle();
        assert_eq!(world.wires[0].link, Link::Down);
    });
}
