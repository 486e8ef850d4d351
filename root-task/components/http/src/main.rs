// SPDX-License-Identifier: BSD-2-Clause

//! Serves the page of the running system.
//!
//! Each module imports only modules listed below it:
//!
//! - `state`: the state of the system, published when it changes
//! - `files`: the files of the disk, which a component of its own reads
//! - `network`: the network, attached again after each restart of its driver
//! - `clock`: the time, and an alarm

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

mod clock;
mod files;
mod network;
mod state;

use core::array;

use kaal_component::{Failure, allocate, wait};
use kaal_stack::{Address, CONNECTIONS, SocketStorage, Stack};
use kaal_web::{Connection, Server};

use clock::Clock;
use files::Files;
use network::Network;
use state::State;

kaal_component::main!(run);

/// Memory of each connection's socket, in bytes: mostly for bytes to send, so that the network is busy
/// while they are acknowledged.
const SOCKET: usize = 36 << 10;

/// Memory for states as JSON, in bytes.
const STATES: usize = 96 << 10;

/// The address that QEMU's user network gives to its first guest, with its gateway. It forwards a port of
/// the host to this address.
const ADDRESS: Address = Address {
    mac: [0; 6],
    ip: [10, 0, 2, 15],
    prefix: 24,
    gateway: [10, 0, 2, 2],
};

fn run() -> Result<(), Failure> {
    let mut clock = Clock::open()?;
    let mut state = State::open()?;
    let mut sockets = allocate(CONNECTIONS * SOCKET)?;
    let mut states = allocate(STATES)?;
    let mut storage = [SocketStorage::EMPTY; CONNECTIONS];
    let mut connections: [_; CONNECTIONS] = array::from_fn(|_| Connection::default());
    let mut server = Server::new(&mut connections, &mut states);
    let mut stack = Stack::new(&ADDRESS, clock.seed(), &mut storage, &mut sockets);
    let mut network = Network::default();
    let mut files = Files::default();
    let mut events = u64::MAX;
    loop {
        network.take(events, &mut stack);
        files.take(events);
        clock.take(events)?;
        let now = clock.now()?;
        let counters = network.counters(&stack);
        let publish = state.take(events, now, counters, &mut server)?;
        let turn = stack.turn(now, &mut network, &mut server, &mut files);
        network.flush();
        let due = [publish, turn].into_iter().flatten().min();
        let is_due = due.is_some_and(|due| due <= now);
        events = if is_due || network.ask() {
            0
        } else {
            clock.wake_at(due)?;
            wait()
        };
    }
}
