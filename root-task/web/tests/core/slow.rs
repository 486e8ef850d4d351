// SPDX-License-Identifier: BSD-2-Clause

//! Slow clients, and too many.

use std::time::Duration;

use kaal_web::{
    BUSY_TIME, CLOSE_TIME, GRACE, IDLE_TIME, Link, RATE_BYTES, RATE_TIME, REQUEST_TIME,
};

use crate::wire::{Wire, World, with_world};

const REQUEST: &[u8] = b"GET /files/9 HTTP/1.1\r\nHost: a\r\n\r\n";
const BIG: &[u8] = b"GET /files/1000000 HTTP/1.1\r\nHost: a\r\n\r\n";
const TICK: Duration = Duration::from_millis(50);

/// Whether a new client gets its answer at once.
fn answers(world: &mut World<'_>) -> bool {
    let free = world.wires.iter().position(|wire| wire.link == Link::Down);
    let free = free.expect("a transport that waits for a client");
    world.wires[free] = Wire::with(REQUEST);
    world.settle();
    let is_answered = world.wires[free].text().starts_with("HTTP/1.1 200 OK\r\n");
    world.wires[free] = Wire::new();
    world.settle();
    is_answered
}

#[test]
fn requests_must_come_in_time() {
    with_world(4, |world| {
        world.wires[0] = Wire::with(b"G");
        world.settle();
        // A byte now and then doesn't help.
        let mut time = Duration::ZERO;
        while time < REQUEST_TIME {
            assert!(world.wires[0].to_client.is_empty());
            world.wires[0].to_server.push(b'E');
            world.pass(TICK);
            time += TICK;
        }
        assert!(
            world.wires[0]
                .text()
                .starts_with("HTTP/1.1 408 Request Timeout\r\n")
        );
        assert!(world.wires[0].is_finished);
        world.pass(CLOSE_TIME);
        assert_eq!(world.wires[0].link, Link::Down);
        assert_eq!(world.server.counters().slow, 1);
    });
}

#[test]
fn idle_connections_end() {
    with_world(4, |world| {
        world.wires[0] = Wire::with(b"");
        world.wires[1] = Wire::with(REQUEST);
        world.settle();
        world.pass(IDLE_TIME - TICK);
        assert_eq!(world.wires[1].link, Link::Up);
        world.pass(TICK);
        assert_eq!([0, 1].map(|index| world.wires[index].link), [Link::Down; 2]);
    });
}

#[test]
fn responses_must_be_taken_in_time() {
    with_world(4, |world| {
        for wire in &mut world.wires[..2] {
            *wire = Wire::with(BIG);
            wire.room = RATE_BYTES;
        }
        world.settle();
        let ticks = 2 * RATE_TIME.as_millis() / TICK.as_millis();
        for _ in 0..=ticks {
            world.wires[0].room += 10;
            world.wires[1].room += RATE_BYTES / 100;
            world.pass(TICK);
        }
        assert_eq!(world.wires[0].link, Link::Down);
        assert_eq!(world.wires[1].link, Link::Up);
        assert_eq!((world.files.open, world.server.counters().slow), (1, 1));
    });
}

#[test]
fn clients_that_owe_a_request_disturb_nobody() {
    with_world(8, |world| {
        for _ in 0..100 {
            for wire in world
                .wires
                .iter_mut()
                .filter(|wire| wire.link == Link::Down)
            {
                *wire = Wire::with(b"GET / HTTP/1.1\r\nX: ");
            }
            world.settle();
            world.pass(GRACE);
            assert!(answers(world));
        }
    });
}

#[test]
fn new_clients_have_time_for_their_request() {
    with_world(4, |world| {
        for wire in &mut world.wires {
            *wire = Wire::with(b"GET /files/9 ");
        }
        world.pass(GRACE - TICK);
        for wire in &mut world.wires {
            wire.to_server = b"HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
        }
        world.settle();
        let answered = |wire: &Wire| wire.text().starts_with("HTTP/1.1 200 OK\r\n");
        assert!(world.wires.iter().all(answered));
    });
}

#[test]
fn clients_that_take_nothing_disturb_nobody() {
    with_world(8, |world| {
        for round in 0..20 {
            for wire in world
                .wires
                .iter_mut()
                .filter(|wire| wire.link == Link::Down)
            {
                *wire = Wire::with(BIG);
                wire.room = 0;
            }
            world.settle();
            world.pass(BUSY_TIME);
            assert!(answers(world), "{round}");
        }
        assert_eq!(
            world.files.open,
            world
                .wires
                .iter()
                .filter(|wire| wire.link == Link::Up)
                .count()
        );
    });
}

#[test]
fn nobody_who_is_served_is_dropped() {
    with_world(4, |world| {
        for wire in &mut world.wires[..3] {
            *wire = Wire::with(BIG);
            wire.room = 5000;
        }
        world.settle();
        world.wires[3] = Wire::with(b"");
        world.settle();
        let refusal = world.wires[3].text();
        assert!(
            refusal.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
            "{refusal}"
        );
        assert!(refusal.contains("\r\nRetry-After: 1\r\n"));
        assert!(world.wires[3].is_finished);
        assert!(world.wires[..3].iter().all(|wire| wire.link == Link::Up));
        assert_eq!(world.server.counters().busy, 1);
    });
}

#[test]
fn all_clients_advance_alike() {
    with_world(8, |world| {
        for wire in &mut world.wires[..7] {
            *wire = Wire::with(BIG);
        }
        for _ in 0..20 {
            world
                .server
                .poll(world.now, &mut world.wires, &mut world.files);
            let received: Vec<_> = world.wires[..7]
                .iter()
                .map(|wire| wire.to_client.len())
                .collect();
            assert!(
                received.iter().all(|count| *count == received[0]),
                "{received:?}"
            );
        }
    });
}
