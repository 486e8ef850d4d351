// SPDX-License-Identifier: BSD-2-Clause

//! Tests what happens to a passive server when a caller's time, or its own, is used up.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{Broker, ComponentId, Config, Recovery, Restart, Timeout};
use model::Model;
use model::start::{self, IMAGE, started};

const fn config(name: &'static str) -> Config {
    Config {
        needs: &["disk"],
        budget: 1000,
        period: 10_000,
        ..start::config(name)
    }
}

static SERVER: Config = Config {
    provides: &["disk"],
    needs: &[],
    passive: true,
    restart: Restart::Always,
    ..config("server")
};
static CLIENT: Config = config("client");
static OTHER: Config = config("other");

struct World {
    broker: Broker<Model>,
    server: ComponentId,
    client: ComponentId,
    other: ComponentId,
    /// The clients' slot for the service.
    to_disk: u64,
}

impl World {
    fn new() -> Self {
        let (mut broker, [server, client, other]) = started(true, [&SERVER, &CLIENT, &OTHER]);
        broker.register_service(server, "disk").unwrap();
        let slots = [client, other].map(|id| broker.lookup_service(id, "disk").unwrap());
        assert_eq!(slots[0], slots[1]);
        Self {
            broker,
            server,
            client,
            other,
            to_disk: slots[0],
        }
    }

    /// Lets the client call the server, which runs on the client's time.
    fn call(&mut self) {
        let (client, server) = (self.client.badge(), self.server.badge());
        self.broker.kernel().donate(client, self.to_disk, server);
    }
}

#[test]
fn a_call_continues_on_the_servers_time_when_the_clients_is_used_up() {
    let mut world = World::new();
    world.call();
    let outcome = world.broker.time_out(world.server, world.client.badge());
    assert_eq!(outcome, Timeout::Continues);
    assert_eq!(world.broker.kernel().lent.len(), 1);
}

#[test]
fn a_server_that_uses_up_its_own_time_fails_only_if_a_client_waits() {
    let mut world = World::new();
    let own = world.server.badge();
    assert_eq!(world.broker.time_out(world.server, own), Timeout::Continues);
    world.call();
    assert_eq!(
        world.broker.time_out(world.server, own),
        Timeout::Fails(1000)
    );
}

#[test]
fn a_client_that_ends_takes_its_time_along_and_hangs_no_one() {
    let mut world = World::new();
    world.call();
    // It waits behind the client.
    world
        .broker
        .kernel()
        .block(world.other.badge(), world.to_disk);
    world.broker.stop(world.other).unwrap();
    assert!(world.broker.kernel().lent.is_empty());
    world.broker.stop(world.client).unwrap();
    assert_eq!(world.broker.kernel().lent.len(), 1);
    // Its time is its own again.
    world.broker.spawn(world.client, &IMAGE).unwrap();
}

#[test]
fn a_time_that_the_server_does_not_run_on_is_no_excuse() {
    let mut world = World::new();
    for owner in [world.other.badge(), 99, u64::MAX] {
        let outcome = world.broker.time_out(world.server, owner);
        assert_eq!(outcome, Timeout::Fails(1000), "{owner}");
    }
}

#[test]
fn no_one_waits_for_a_delayed_restart() {
    let mut world = World::new();
    let (client, to_disk) = (world.client.badge(), world.to_disk);
    world.broker.tick(1);
    for (recovery, is_refused) in [(Recovery::Now, false), (Recovery::After(1), true)] {
        world.broker.kernel().block(client, to_disk);
        let outcome = world.broker.fail(world.server, &"a loop");
        assert_eq!(outcome, Ok(recovery));
        let leads_to_broker = world.broker.kernel().leads_to_broker(client, to_disk);
        assert_eq!(leads_to_broker, is_refused);
        world.broker.spawn(world.server, &IMAGE).unwrap();
        assert!(!world.broker.kernel().leads_to_broker(client, to_disk));
    }
}
