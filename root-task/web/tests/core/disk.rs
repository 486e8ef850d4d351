// SPDX-License-Identifier: BSD-2-Clause

//! Disks that are slow, or don't answer.

use std::time::Duration;

use kaal_web::{BUSY_TIME, FILE_TIME, Link, RATE_TIME};

use crate::wire::{Wire, World, byte, with_world};

const FILE: &[u8] = b"GET /files/20001 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const PAGE: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const MOMENT: Duration = Duration::from_millis(1);

/// How often the disk must answer for all of [`FILE`]: it is opened, then read in several pieces.
const ANSWERS: usize = 6;

/// Lets a new client ask for the page. Returns whether it gets it at once.
fn serves_page(world: &mut World<'_>) -> bool {
    world.wires[1] = Wire::with(PAGE);
    world.settle();
    let answer = world.wires[1].text();
    world.wires[1].link = Link::Down;
    world.settle();
    answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("</html>\n")
}

/// Lets a client wait for a file of a disk that has fallen silent, after each number of answers.
fn with_silent_disk(check: impl Fn(&mut World<'_>, usize)) {
    for answers in 0..ANSWERS {
        with_world(3, |world| {
            world.files.answers_left = Some(answers);
            world.wires[0] = Wire::with(FILE);
            world.settle();
            assert_eq!(world.files.open, 1);
            check(world, answers);
        });
    }
}

#[test]
fn others_are_served_while_the_disk_is_silent() {
    with_silent_disk(|world, answers| {
        assert!(serves_page(world), "{answers}");
        world.pass(FILE_TIME - MOMENT);
        assert_eq!(world.server.counters().failed, 0);
        // The disk answers at last.
        world.files.answers_left = None;
        world.settle();
        assert!(world.wires[0].text().starts_with("HTTP/1.1 200 OK\r\n"));
        assert!(
            world.wires[0]
                .to_client
                .ends_with(&[byte(19_999), byte(20_000)])
        );
        assert!(world.wires[0].is_finished);
        assert_eq!(world.files.open, 0);
    });
}

#[test]
fn no_client_waits_for_ever() {
    with_silent_disk(|world, answers| {
        world.pass(FILE_TIME - MOMENT);
        assert_eq!(world.server.counters().failed, 0);
        world.pass(MOMENT);
        let answer = world.wires[0].text();
        match answers {
            0 => assert!(
                answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"),
                "{answer}"
            ),
            _ => assert_eq!(world.wires[0].link, Link::Down),
        }
        assert_eq!((world.files.open, world.server.counters().failed), (0, 1));
    });
}

#[test]
fn clients_may_vanish_while_the_disk_is_silent() {
    with_silent_disk(|world, _| {
        world.wires[0].link = Link::Down;
        world.settle();
        assert_eq!(world.files.open, 0);
    });
}

#[test]
fn clients_that_wait_for_the_disk_make_room() {
    with_world(3, |world| {
        world.files.answers_left = Some(1);
        for wire in &mut world.wires {
            *wire = Wire::with(FILE);
        }
        world.settle();
        world.pass(BUSY_TIME);
        assert!(world.wires.iter().any(|wire| wire.link == Link::Down));
        let counters = world.server.counters();
        assert_eq!((counters.failed, counters.slow), (1, 0));
    });
}

#[test]
fn the_time_of_the_disk_is_not_the_clients() {
    with_world(3, |world| {
        world.wires[0] = Wire::with(FILE);
        world.wires[0].room = 1000;
        world.settle();
        world.files.answers_left = Some(0);
        world.pass(RATE_TIME - MOMENT);
        // The client is as late as it may be when the disk begins to be.
        world.wires[0].room = 1000;
        world.settle();
        world.pass(FILE_TIME - MOMENT);
        world.files.answers_left = None;
        world.settle();
        assert_eq!(world.wires[0].link, Link::Up);
        world.pass(MOMENT);
        assert_eq!(world.wires[0].link, Link::Down);
        assert_eq!(world.server.counters().slow, 1);
    });
}
