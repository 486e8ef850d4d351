// SPDX-License-Identifier: BSD-2-Clause

//! The stack and its server, with clients on the same wire.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod wire;

use kaal_stack::CONNECTIONS;
use kaal_web::PAGE;
use proptest::collection::vec;
use proptest::prelude::*;

use wire::World;
use wire::packets::{SERVER, foreign, malformed, syn, who_has};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const EVENTS: &[u8] = b"GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn the_page_arrives_whole() {
    let mut world = World::new();
    let client = world.connect();
    assert!(world.ask(client, GET).ends_with(PAGE.as_bytes()));
    assert!(world.ask(client, GET).ends_with(PAGE.as_bytes()));
}

#[test]
fn clients_that_reset_leave_their_places() {
    let mut world = World::new();
    for _ in 0..10 * CONNECTIONS {
        let client = world.connect();
        world.say(client, GET);
        world.run(3);
        world.reset(client);
        world.run(3);
    }
    let clients: Vec<_> = (0..CONNECTIONS - 1).map(|_| world.connect()).collect();
    for client in clients {
        assert!(world.ask(client, GET).ends_with(PAGE.as_bytes()));
    }
}

#[test]
fn clients_that_close_leave_their_places() {
    let mut world = World::new();
    for _ in 0..10 * CONNECTIONS {
        let client = world.connect();
        assert!(world.ask(client, GET).ends_with(PAGE.as_bytes()));
        world.close(client);
        world.run(5);
    }
}

#[test]
fn the_end_of_a_connection_is_acknowledged() {
    let mut world = World::new();
    let client = world.connect();
    let last = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert!(world.ask(client, last).ends_with(PAGE.as_bytes()));
    world.close(client);
    world.run(5);
    assert!(world.is_over(client));
}

#[test]
fn a_flood_of_handshakes_costs_others_nothing() {
    let mut world = World::new();
    let stream = world.connect();
    world.say(stream, EVENTS);
    world.run(10);
    for number in 0..1000 {
        world.inject(syn(number));
        if number % 7 == 0 {
            world.run(1);
        }
    }
    let client = world.connect();
    assert!(world.ask(client, GET).ends_with(PAGE.as_bytes()));
    assert!(world.is_connected(stream));
    assert!(world.heard(stream).ends_with(b"\n\n"));
}

#[test]
fn a_flood_of_handshakes_frees_idle_connections() {
    let mut world = World::new();
    for _ in 0..CONNECTIONS - 1 {
        world.connect();
    }
    for number in 0..500 {
        world.inject(syn(number));
        world.run(1);
    }
    let client = world.connect();
    assert!(world.ask(client, GET).ends_with(PAGE.as_bytes()));
}

#[test]
fn idle_clients_make_room_for_the_next_one() {
    let mut world = World::new();
    for _ in 0..3 * CONNECTIONS {
        world.connect();
        world.run(200);
    }
    let client = world.connect();
    assert!(world.ask(client, GET).ends_with(PAGE.as_bytes()));
}

#[test]
fn another_card_is_announced_once() {
    let mut world = World::new();
    let mac = [2, 0, 0, 0, 0, 7];
    world.set_room(0);
    world.set_mac(mac);
    world.run(2);
    assert_eq!(world.announced(), None);
    world.set_room(1);
    world.run(1);
    assert_eq!(world.announced(), Some(mac));
    world.run(1);
    assert_eq!(world.announced(), None);
}

#[test]
fn a_network_without_room_loses_nothing() {
    let mut world = World::new();
    let client = world.connect();
    world.say(client, GET);
    world.set_room(0);
    world.run(50);
    assert_eq!(world.heard(client), b"");
    world.set_room(usize::MAX);
    assert!(world.ask(client, b"").ends_with(PAGE.as_bytes()));
}

#[test]
fn dropped_packets_are_counted() {
    for (packets, counts) in [(malformed(), [1, 0]), (foreign(), [0, 1])] {
        for (number, packet) in packets.into_iter().enumerate() {
            assert_eq!(World::new().probe(packet), (0, counts), "{number}");
        }
    }
}

#[test]
fn answered_packets_are_not_counted() {
    let mut world = World::new();
    assert_eq!(world.probe(who_has(SERVER.1)), (1, [0, 0]));
    let client = world.connect();
    assert!(world.ask(client, GET).ends_with(PAGE.as_bytes()));
    assert_eq!(world.probe(who_has(SERVER.1)), (1, [0, 0]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn malformed_packets_cost_others_nothing(
        changes in vec((any::<u32>(), any::<usize>(), any::<u8>(), any::<usize>()), 1..20),
        noise in vec(vec(any::<u8>(), 0..100), 0..10),
    ) {
        let mut world = World::new();
        for (number, place, byte, length) in changes {
            let mut packet = syn(number);
            let place = place % packet.len();
            packet[place] = byte;
            packet.truncate(length % (packet.len() + 1));
            world.inject(packet);
        }
        for packet in noise {
            world.inject(packet);
        }
        world.run(5);
        let client = world.connect();
        prop_assert!(world.ask(client, GET).ends_with(PAGE.as_bytes()));
    }
}
