// SPDX-License-Identifier: BSD-2-Clause

//! Hostile clients of the web server, and hostile texts in the state that it shows.
//!
//! A connection gets nothing but responses, no client leaves anything behind, and each state is valid JSON with
//! the same texts.

use std::time::Duration;

use kaal_web::{Entry, Link, NoFiles, SNAPSHOTS, Server};
use serde_json::Value;

use crate::common::wire::{Wire, World, component, system, with_world};
use crate::{Target, input};

const CONNECTIONS: u8 = 5;

/// The web server. The first byte chooses: clients, or texts in a state.
pub const WEB: Target = Target {
    name: "web",
    run: |input| match input.split_first() {
        Some((0, steps)) => serve(steps),
        Some((_, texts)) => show(texts),
        None => false,
    },
    seeds: || {
        let requests: [&[u8]; 5] = [
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /api/system.json HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            b"GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n",
            b"HEAD /files/7000?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            b"GET http://a/files/%37 HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"b\"\r\n\r\n",
        ];
        let with_step = |request: &[u8]| {
            let length = u8::try_from(request.len()).unwrap_or(u8::MAX);
            input(0, &[&[0, TAKE, 255, SEND, length], request].concat())
        };
        let mut seeds: Vec<_> = requests.into_iter().map(with_step).collect();
        seeds.push(input(1, "\x08name\"\\\0<\u{202e}ä".as_bytes()));
        seeds
    },
};

/// Steps: the kind modulo 8, and the connection in the upper bits.
const CONNECT: u8 = 0;
const SEND: u8 = 1;
const TAKE: u8 = 2;
const END: u8 = 3;
const VANISH: u8 = 4;
const PUBLISH: u8 = 5;

/// Lets clients do the steps. Returns whether a request was answered.
fn serve(steps: &[u8]) -> bool {
    with_world(usize::from(CONNECTIONS), |world| {
        let mut rest = steps;
        while let Some(count) = step(world, rest) {
            rest = rest.get(count..).unwrap_or_default();
            world.settle();
            for wire in &world.wires {
                let mut start = b"HTTP/1.1 ".iter().zip(&wire.to_client);
                assert!(start.all(|(expected, found)| expected == found));
            }
            assert!(world.files.open <= usize::from(CONNECTIONS));
        }
        for wire in &mut world.wires {
            wire.room = 0;
        }
        for _ in 0..20 {
            world.pass(Duration::from_secs(5));
        }
        assert!(world.wires.iter().all(|wire| wire.link == Link::Down));
        assert_eq!(world.files.open, 0);
        world.server.counters().answered > 0
    })
}

/// Does the next step. Returns the number of its bytes.
fn step(world: &mut World<'_>, steps: &[u8]) -> Option<usize> {
    let (&step, rest) = steps.split_first()?;
    let argument = rest.first().copied().unwrap_or_default();
    let wire = world.wires.get_mut(usize::from(step / 8 % CONNECTIONS))?;
    match step % 8 {
        CONNECT if wire.link == Link::Down => {
            *wire = Wire::with(b"");
            wire.room = 0;
            return Some(1);
        }
        SEND => {
            let bytes = rest.get(1..).unwrap_or_default();
            let bytes = bytes.get(..usize::from(argument)).unwrap_or(bytes);
            if wire.link == Link::Up {
                wire.to_server.extend(bytes);
            }
            return Some(2 + bytes.len());
        }
        TAKE => wire.room = wire.room.saturating_add(usize::from(argument) * 200),
        END if wire.link == Link::Up => wire.link = Link::Ended,
        VANISH => wire.link = Link::Down,
        PUBLISH => {
            let components = [component("a", argument.into())];
            assert!(world.server.publish(&system(&components)).is_ok());
        }
        _ => world.now += Duration::from_millis(u64::from(argument) * 100),
    }
    Some(2)
}

/// Shows a state with these texts. Returns whether it fits.
fn show(input: &[u8]) -> bool {
    let Some((&room, texts)) = input.split_first() else {
        return false;
    };
    let (name, rest) = texts.split_at(texts.len() / 3);
    let (action, denial) = rest.split_at(rest.len() / 2);
    let [name, action, denial] = [name, action, denial].map(String::from_utf8_lossy);
    let services = [&*name, &*denial];
    let components = [kaal_web::Component {
        needs: &services,
        ..component(&name, room.into())
    }];
    let entry = Entry {
        number: u64::MAX,
        component: &name,
        action: &action,
        denial: Some(&denial),
    };
    let log = [entry; 5];
    let system = kaal_web::System {
        log: &log,
        ..system(&components)
    };
    let mut connections = [
        kaal_web::Connection::default(),
        kaal_web::Connection::default(),
    ];
    let mut memory = vec![0xa5; usize::from(room) * 64 * SNAPSHOTS];
    let mut server: Server<'_, NoFiles> = Server::new(&mut connections, &mut memory);
    if server.publish(&system).is_err() {
        return false;
    }
    let request = Wire::with(b"GET /api/system.json HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut wires = [request, Wire::new()];
    while server.poll(Duration::ZERO, &mut wires, &mut NoFiles) == Some(Duration::ZERO) {}
    let response = wires[0].text();
    let (_, json) = response.split_once("\r\n\r\n").unwrap_or_default();
    // Else it would be several lines of an event.
    assert!(!json.contains(['\n', '\r']));
    let json: Value = serde_json::from_str(json).unwrap_or_default();
    assert_eq!(json["components"][0]["name"], *name);
    assert_eq!(json["components"][0]["needs"][1], *denial);
    let kept = json["log"].as_array().map(Vec::as_slice);
    assert!(kept.is_some_and(|kept| kept.iter().all(|entry| entry["action"] == *action)));
    true
}
