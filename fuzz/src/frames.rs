// SPDX-License-Identifier: BSD-2-Clause

//! Packets of a hostile network, for the TCP/IP stack of the web server.
//!
//! Each turn ends, no packet is sent without room, and none is longer than the network takes.

use std::array;
use std::time::Duration;

use kaal_stack::{CONNECTIONS, SocketStorage, Stack};
use kaal_web::{Connection, NoFiles, SNAPSHOTS, Server};

use crate::Target;
use crate::common::network::{Wire, address};
use crate::common::packets::{SERVER, syn, who_has};
use crate::common::wire::{component, system};

/// The TCP/IP stack: steps of a length and a packet. A length of 0 lets as many milliseconds pass as the next
/// byte says; one of 255 is of a packet with as many bytes more as that.
pub const FRAMES: Target = Target {
    name: "frames",
    run,
    seeds: || {
        let handshakes = [1, 2].map(|number| with_length(&syn(number)));
        vec![with_length(&who_has(SERVER.1)), handshakes.concat()]
    },
};

/// The most turns without a pause.
const TURNS: usize = 1000;

/// Memory of each connection's socket, and for each state.
const SOCKET: usize = 8192;
const STATE: usize = 4096;

/// Feeds packets to the stack. Returns whether it sent one.
fn run(mut steps: &[u8]) -> bool {
    let mut storage = [SocketStorage::EMPTY; CONNECTIONS];
    let mut memory = vec![0; CONNECTIONS * SOCKET];
    let mut connections: [_; CONNECTIONS] = array::from_fn(|_| Connection::default());
    let mut states = vec![0; SNAPSHOTS * STATE];
    let mut server = Server::new(&mut connections, &mut states);
    let components = [component("a", 0)];
    server.publish(&system(&components)).expect("a small state");
    let mut stack = Stack::new(&address(), 1, &mut storage, &mut memory);
    let mut wire = Wire::new();
    let mut now = Duration::ZERO;
    while let Some((&length, rest)) = steps.split_first() {
        let (&more, _) = rest.split_first().unwrap_or((&0, rest));
        let (skip, length) = match length {
            0 => {
                now += Duration::from_millis(more.into());
                (1, 0)
            }
            255 => (1, 255 + usize::from(more)),
            length => (0, length.into()),
        };
        let rest = rest.get(skip..).unwrap_or_default();
        let (packet, rest) = rest.split_at(length.min(rest.len()));
        if !packet.is_empty() {
            wire.to_server.push_back(packet.to_vec());
        }
        steps = rest;
        let ends = (0..TURNS).any(|_| {
            let next = stack.turn(now, &mut wire, &mut server, &mut NoFiles);
            next.is_none_or(|next| next > now)
        });
        assert!(ends, "the stack never rests");
        assert!(wire.to_server.is_empty());
    }
    !wire.to_client.is_empty()
}

fn with_length(packet: &[u8]) -> Vec<u8> {
    let length = u8::try_from(packet.len()).unwrap_or(254);
    [&[length], packet].concat()
}
