// SPDX-License-Identifier: BSD-2-Clause

//! Clients that do anything.

use std::time::Duration;

use kaal_web::Link;
use proptest::prelude::*;

use crate::wire::{Wire, component, system, with_world};

const CONNECTIONS: usize = 5;

#[derive(Clone, Debug)]
enum Step {
    Connect,
    Send(Vec<u8>),
    Take(usize),
    End,
    Vanish,
    Publish(u64),
    Wait(u64),
    /// How often the disk answers from now on.
    Disk(Option<usize>),
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<Vec<u8>>(),
        "(GET|HEAD|PUT) (/|/api/events|/api/system.json|/files/[0-9]{1,5}|/files/short|/%2|\\*) HTTP/1.[01]\r\n(Host: a\r\n)?(Connection: close\r\n)?(\r\n)?"
            .prop_map(String::into_bytes),
        "[A-Z]{1,5} [ -~]{0,3000}( HTTP/1.1\r\n([ -~]{0,40}\r\n){0,60})?".prop_map(String::into_bytes),
    ]
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    let step = prop_oneof![
        3 => Just(Step::Connect),
        6 => bytes().prop_map(Step::Send),
        4 => (0_usize..20_000).prop_map(Step::Take),
        1 => Just(Step::End),
        1 => Just(Step::Vanish),
        2 => any::<u64>().prop_map(Step::Publish),
        3 => (0_u64..20_000).prop_map(Step::Wait),
        2 => prop::option::of(0_usize..9).prop_map(Step::Disk),
    ];
    (0..CONNECTIONS, step)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nobody_leaves_anything_behind(steps in prop::collection::vec(step(), 1..60)) {
        with_world(CONNECTIONS, |world| {
            for (index, step) in steps {
                let wire = &mut world.wires[index];
                match step {
                    Step::Connect if wire.link == Link::Down => {
                        *wire = Wire::with(b"");
                        wire.room = 0;
                    }
                    Step::Send(bytes) if wire.link == Link::Up => wire.to_server.extend(bytes),
                    Step::Take(count) => wire.room = wire.room.saturating_add(count),
                    Step::End if wire.link == Link::Up => wire.link = Link::Ended,
                    Step::Vanish => wire.link = Link::Down,
                    Step::Publish(restarts) => {
                        let components = [component("a", restarts)];
                        world.server.publish(&system(&components)).unwrap();
                    }
                    Step::Wait(time) => world.now += Duration::from_millis(time),
                    Step::Disk(answers) => world.files.answers_left = answers,
                    _ => {}
                }
                world.settle();
                for wire in &world.wires {
                    let start = b"HTTP/1.1 ".iter().zip(&wire.to_client);
                    assert!(start.into_iter().all(|(expected, found)| expected == found));
                }
                assert!(world.files.open <= CONNECTIONS);
            }
            for wire in &mut world.wires {
                wire.room = 0;
            }
            // Whatever they did, they are gone after some time.
            for _ in 0..20 {
                world.pass(Duration::from_secs(5));
            }
            assert!(world.wires.iter().all(|wire| wire.link == Link::Down));
            assert_eq!(world.files.open, 0);
        });
    }
}
