// SPDX-License-Identifier: BSD-2-Clause

//! Tests what one end of a channel can do to the other.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{Broker, ComponentId, Config, Denial, Interrupt, Resource};
use kaal_protocol::CHANNEL_ENDED;
use model::Model;
use model::start::{IMAGE, config, started};

const fn client(name: &'static str) -> Config {
    Config {
        needs: &["serial"],
        ..config(name)
    }
}

static SERVER: Config = Config {
    devices: &["uart"],
    provides: &["serial"],
    ..config("server")
};
static GREEDY: Config = client("greedy");
static MODEST: Config = client("modest");

/// Starts a server and two clients.
fn three() -> (Broker<Model>, [ComponentId; 3]) {
    started(false, [&SERVER, &GREEDY, &MODEST])
}

#[test]
fn a_client_takes_nothing_of_a_server_that_does_not_accept() {
    let (mut broker, [server, greedy, modest]) = three();
    let used_up = loop {
        if let Err(denial) = broker.create_channel(greedy, "serial", 1) {
            break denial;
        }
    };
    let is_own = matches!(
        used_up,
        Denial::UsedUp {
            resource: Resource::Events,
            ..
        }
    );
    assert!(is_own, "{used_up}");
    let interrupt = Ok(Interrupt {
        number: 33,
        is_edge: false,
    });
    broker.request_irq(server, "uart", interrupt).unwrap();
    broker.create_channel(modest, "serial", 1).unwrap();
    broker
        .accept_channel(server, modest.badge(), u64::MAX)
        .unwrap();
}

#[test]
fn both_ends_have_an_event_of_their_own_for_each_channel() {
    let (mut broker, [server, greedy, modest]) = three();
    let mut of_server = 0;
    for client in [greedy, modest, modest] {
        let theirs = broker.create_channel(client, "serial", 1).unwrap();
        let ours = broker
            .accept_channel(server, client.badge(), u64::MAX)
            .unwrap();
        assert!(theirs.event.is_power_of_two());
        assert!(ours.event.is_power_of_two());
        assert_eq!(of_server & ours.event, 0);
        of_server |= ours.event;
    }
}

/// Both ends of a channel try to signal the event of the other end after that has closed it, one of
/// them with a copy of the capability that its interrupt holds.
#[test]
fn no_capability_signals_an_event_that_is_used_again() {
    for closing_first in [true, false] {
        let (mut broker, [server, greedy, modest]) = three();
        let interrupt = Ok(Interrupt {
            number: 33,
            is_edge: false,
        });
        broker.request_irq(server, "uart", interrupt).unwrap();
        let theirs = broker.create_channel(greedy, "serial", 1).unwrap();
        let ours = broker
            .accept_channel(server, greedy.badge(), u64::MAX)
            .unwrap();
        let kernel = broker.kernel();
        kernel.hide_in_interrupt(server.badge(), ours.signal);
        match closing_first {
            true => broker.free_memory(server, ours.address).unwrap(),
            false => broker.free_memory(greedy, theirs.address).unwrap(),
        }
        for client in [greedy, modest] {
            broker.create_channel(client, "serial", 1).unwrap();
            broker
                .accept_channel(server, client.badge(), u64::MAX)
                .unwrap();
            broker.kernel().check();
        }
    }
}

/// The kernel fails at each step of an acceptance in turn. Then a second try succeeds, and nothing
/// is left after all.
#[test]
fn an_acceptance_that_fails_halfway_is_undone() {
    let (mut broker, [server, greedy, _]) = three();
    let at_first = broker.kernel().capabilities();
    let mut events = Vec::new();
    for operations in 0.. {
        let theirs = broker.create_channel(greedy, "serial", 1).unwrap();
        broker.kernel().fail_after = Some(operations);
        let refused = broker
            .accept_channel(server, greedy.badge(), u64::MAX)
            .is_err();
        broker.kernel().fail_after = None;
        if refused {
            let ours = broker
                .accept_channel(server, greedy.badge(), u64::MAX)
                .unwrap();
            events.push(ours.event);
            broker.free_memory(server, ours.address).unwrap();
        }
        broker.kernel().check();
        broker.free_memory(greedy, theirs.address).unwrap();
        if !refused {
            break;
        }
    }
    assert!(events.len() >= 4, "{events:?}");
    assert!(
        events.windows(2).all(|pair| pair[0] == pair[1]),
        "{events:?}"
    );
    broker.stop(server).unwrap();
    broker.stop(greedy).unwrap();
    broker.spawn(server, &IMAGE).unwrap();
    broker.spawn(greedy, &IMAGE).unwrap();
    assert_eq!(broker.kernel().capabilities(), at_first);
}

/// A client's wish costs a server nothing, unless the server agrees to it.
#[test]
fn a_channel_larger_than_the_servers_limit_is_refused() {
    let (mut broker, [server, greedy, _]) = three();
    let usage = |broker: &Broker<Model>, id| broker.status(id).unwrap().usage;
    let (of_server, of_client) = (usage(&broker, server), usage(&broker, greedy));
    broker.create_channel(greedy, "serial", 1 << 18).unwrap();
    let denied = broker.accept_channel(server, greedy.badge(), 4096);
    let (size, most) = (1 << 18, 4096);
    assert_eq!(denied, Err(Denial::Limit { size, most }));
    assert_eq!(usage(&broker, server), of_server);
    // The client pays for the memory, its slots, and those where it maps it.
    let paid = usage(&broker, greedy);
    assert!(paid.bytes - of_client.bytes >= size);
    assert!(paid.slots - of_client.slots >= 2 * size / 4096);
    broker.accept_channel(server, greedy.badge(), size).unwrap();
}

#[test]
fn a_server_learns_which_channel_has_ended() {
    let (mut broker, [server, greedy, modest]) = three();
    broker.create_channel(greedy, "serial", 1).unwrap();
    let of_greedy = broker.accept_channel(server, greedy.badge(), 4096).unwrap();
    let theirs = broker.create_channel(modest, "serial", 1).unwrap();
    assert_eq!(broker.channel_is_open(modest, theirs.address), Ok(true));
    let of_modest = broker.accept_channel(server, modest.badge(), 4096).unwrap();
    broker.stop(greedy).unwrap();
    let signals = broker.kernel().take_signals();
    assert_eq!(signals, [CHANNEL_ENDED | of_greedy.event]);
    let is_open = |broker: &Broker<Model>, address| broker.channel_is_open(server, address);
    assert_eq!(is_open(&broker, of_greedy.address), Ok(false));
    assert_eq!(is_open(&broker, of_modest.address), Ok(true));
    assert!(is_open(&broker, theirs.address ^ 0x1000_0000).is_err());
    broker.free_memory(modest, theirs.address).unwrap();
    assert_eq!(is_open(&broker, of_modest.address), Ok(false));
}
