// SPDX-License-Identifier: BSD-2-Clause

//! Tests what happens to clients and to the machine's resources when components end.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{Broker, ComponentId, Config, Denial, Recovery, Resources, Restart, Right};
use model::Model;
use model::start::{IMAGE, config, started};

static DISK: Config = Config {
    provides: &["disk"],
    restart: Restart::Always,
    ..config("disk")
};
static NET: Config = Config {
    provides: &["net"],
    ..config("net")
};
static CLIENT: Config = Config {
    needs: &["disk", "net"],
    ..config("client")
};
static CLOCK: Config = Config {
    operator: &[Right::Tick],
    restart: Restart::Always,
    ..config("clock")
};

struct World {
    broker: Broker<Model>,
    disk: ComponentId,
    net: ComponentId,
    client: ComponentId,
    clock: ComponentId,
    /// The client's slots for both services.
    to_disk: u64,
    to_net: u64,
}

fn world() -> World {
    let configs = [&DISK, &NET, &CLIENT, &CLOCK];
    let (mut broker, [disk, net, client, clock]) = started(true, configs);
    broker.register_service(disk, "disk").unwrap();
    broker.register_service(net, "net").unwrap();
    let to_disk = broker.lookup_service(client, "disk").unwrap();
    let to_net = broker.lookup_service(client, "net").unwrap();
    World {
        broker,
        disk,
        net,
        client,
        clock,
        to_disk,
        to_net,
    }
}

impl World {
    /// Whether the broker takes the place of the server that the client calls.
    fn broker_replaces_disk(&mut self) -> bool {
        let client = self.client.badge();
        self.broker.kernel().leads_to_broker(client, self.to_disk)
    }

    /// Lets the disk's driver fail, and restarts it.
    fn crash_disk(&mut self) {
        self.broker.fail(self.disk, &"a fault").unwrap();
        self.broker.spawn(self.disk, &IMAGE).unwrap();
        self.broker.register_service(self.disk, "disk").unwrap();
    }
}

#[test]
fn only_clients_that_wait_for_the_failed_server_call_again() {
    let mut world = world();
    let client = world.client.badge();
    world.broker.kernel().block(client, world.to_net);
    world.crash_disk();
    assert!(world.broker.kernel().resumed.is_empty());
    let thread = world.broker.kernel().block(client, world.to_disk);
    world.crash_disk();
    assert_eq!(world.broker.kernel().resumed, [thread]);
}

#[test]
fn a_call_that_crashes_its_server_is_refused_after_three_repeats() {
    let mut world = world();
    let (client, to_disk) = (world.client, world.to_disk);
    world.broker.kernel().block(client.badge(), to_disk);
    for _ in 0..3 {
        world.crash_disk();
        assert!(!world.broker_replaces_disk());
    }
    world.crash_disk();
    assert!(world.broker_replaces_disk());
    assert_eq!(world.broker.kernel().resumed.len(), 4);
    assert_eq!(world.broker.refuse_call(client), Denial::Repeated);
    // The next call reaches the server again.
    assert!(!world.broker_replaces_disk());
    world.crash_disk();
    assert!(!world.broker_replaces_disk());
}

#[test]
fn calls_that_end_in_between_are_not_counted() {
    let mut world = world();
    for round in 0..10 {
        let slot = if round % 3 == 2 { 1 } else { world.to_disk };
        world.broker.kernel().block(world.client.badge(), slot);
        world.crash_disk();
    }
    let client = world.client.badge();
    assert!(!world.broker.kernel().leads_to_broker(client, world.to_disk));
}

#[test]
fn clients_of_a_given_up_server_are_refused_until_it_starts_again() {
    let mut world = world();
    let client = world.client.badge();
    let thread = world.broker.kernel().block(client, world.to_net);
    assert_eq!(
        world.broker.fail(world.net, &"a fault"),
        Ok(Recovery::Never)
    );
    // It repeats its call when the server stops, and once more when the broker takes the server's
    // place.
    assert_eq!(world.broker.kernel().resumed, [thread, thread]);
    assert!(world.broker.kernel().leads_to_broker(client, world.to_net));
    assert_eq!(world.broker.refuse_call(world.client), Denial::NotRunning);
    // A client that starts only now is refused too.
    world.broker.stop(world.client).unwrap();
    world.broker.spawn(world.client, &IMAGE).unwrap();
    let to_net = world.broker.lookup_service(world.client, "net").unwrap();
    assert!(world.broker.kernel().leads_to_broker(client, to_net));
    let again = world.broker.reset(world.clock, "net").unwrap();
    world.broker.spawn(again, &IMAGE).unwrap();
    assert!(!world.broker.kernel().leads_to_broker(client, to_net));
}

#[test]
fn a_service_is_held_only_once() {
    let mut world = world();
    for _ in 0..1000 {
        let again = world.broker.lookup_service(world.client, "disk").unwrap();
        assert_eq!(again, world.to_disk);
    }
}

#[test]
fn delays_end_although_the_clock_jumps_or_dies() {
    let mut world = world();
    world.broker.tick(u64::MAX - 1);
    assert_eq!(world.broker.fail(world.disk, &"a fault"), Ok(Recovery::Now));
    world.broker.spawn(world.disk, &IMAGE).unwrap();
    assert_eq!(
        world.broker.fail(world.disk, &"a fault"),
        Ok(Recovery::After(1))
    );
    assert_eq!(world.broker.take_due(), []);
    world.broker.tick(u64::MAX);
    assert_eq!(world.broker.take_due(), [world.disk]);
    assert_eq!(world.broker.fail_to_start(world.disk), Recovery::After(2));
    world.broker.fail(world.clock, &"a fault").unwrap();
    assert_eq!(world.broker.take_due(), [world.disk]);
    // Without a clock, the next try waits for another component's end.
    assert_eq!(world.broker.fail_to_start(world.disk), Recovery::Later);
    assert_eq!(world.broker.take_due(), [world.disk]);
    assert_eq!(world.broker.take_due(), []);
}

/// The kernel fails at each step of an end in turn. Then the component doesn't run, and all of its
/// resources are free or lost.
#[test]
fn an_end_that_fails_halfway_leaves_no_running_thread() {
    let mut losses = 0;
    for operations in 0.. {
        let mut world = world();
        world
            .broker
            .create_channel(world.client, "disk", 1)
            .unwrap();
        let client = world.client.badge();
        world
            .broker
            .accept_channel(world.disk, client, u64::MAX)
            .unwrap();
        let running = world.broker.kernel().running.len();
        let usage = |broker: &Broker<Model>| {
            let components = broker.components();
            let used: u64 = components.map(|(_, status)| status.usage.bytes).sum();
            (broker.free().bytes, used)
        };
        let (free, used) = usage(&world.broker);
        world.broker.kernel().fail_to_free_after = Some(operations);
        world.broker.stop(world.client).unwrap();
        let was_ok = world.broker.kernel().fail_to_free_after.take().is_some();
        assert_eq!(world.broker.kernel().running.len(), running - 1);
        let (free_after, used_after) = usage(&world.broker);
        assert!(free_after > free && used_after < used);
        world.broker.kernel().check();
        let lost = world.broker.lost();
        losses += u32::from(lost != Resources::default());
        // The component starts again, unless it lacks what is lost.
        world.broker.spawn(world.client, &IMAGE).unwrap();
        world.broker.kernel().check();
        if was_ok {
            assert_eq!(lost, Resources::default());
            break;
        }
    }
    assert!(losses > 10, "{losses}");
}
