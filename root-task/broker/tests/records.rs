// SPDX-License-Identifier: BSD-2-Clause

//! Tests the records that components with the right `inspect` get.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{Audit, Broker, ComponentId, Config, Denial, Interrupt, Right as Operator};
use kaal_payload::{PhysAddr, PhysRange};
use kaal_protocol::{
    CapabilityRecord, ChannelRecord, ComponentRecord, Kind, LogRecord, NameList, NameRecord,
    Record, Request, Right, State, Topic, Totals, Writer, records,
};
use model::Model;
use model::start::{self, IMAGE, started};

const fn config(name: &'static str) -> Config {
    Config {
        priority: 7,
        ..start::config(name)
    }
}

static SERVER: Config = Config {
    devices: &["uart"],
    provides: &["serial"],
    ..config("server")
};
static CLIENT: Config = Config {
    needs: &["serial"],
    ..config("client")
};
static VIEWER: Config = Config {
    operator: &[Operator::Inspect],
    ..config("viewer")
};

const UART: PhysRange = PhysRange {
    start: PhysAddr(0x0900_0000),
    end: PhysAddr(0x0900_0040),
};

/// Three components, with the indices 0 to 2.
struct World {
    broker: Broker<Model>,
    server: ComponentId,
    client: ComponentId,
    viewer: ComponentId,
}

fn world() -> World {
    let (broker, [server, client, viewer]) = started(true, [&SERVER, &CLIENT, &VIEWER]);
    World {
        broker,
        server,
        client,
        viewer,
    }
}

impl World {
    /// Lists a topic in a message of `room` words.
    fn list(&mut self, topic: Topic, from: u64, room: usize) -> Vec<u64> {
        let mut words = vec![0; room];
        let mut writer = Writer::new(&mut words);
        self.broker.list(self.viewer, topic, from, &mut writer);
        let length = writer.length();
        words.truncate(length);
        words
    }

    fn totals(&mut self) -> Totals {
        one(&self.list(Topic::Totals, 0, 120))
    }

    /// Whether the viewer was signalled since the last call.
    fn is_told(&mut self, event: u64) -> bool {
        self.broker.tell_watchers();
        self.broker.kernel().take_signals().contains(&event)
    }

    fn capabilities(&mut self) -> Vec<u64> {
        self.list(Topic::Capabilities, 0, 1000)
    }
}

fn all<'a, T: Record<'a>>(words: &'a [u64]) -> Vec<T> {
    records(words).map(Result::unwrap).collect()
}

fn one<'a, T: Record<'a> + Copy>(words: &'a [u64]) -> T {
    let all = all(words);
    assert_eq!(all.len(), 1);
    all[0]
}

fn has(
    words: &[u64],
    component: u64,
    kind: Kind,
    right: Right,
    object: &str,
    to: Option<&str>,
) -> bool {
    all::<CapabilityRecord<'_>>(words).contains(&CapabilityRecord {
        component,
        kind,
        right,
        object,
        device: (kind == Kind::Interrupt).then_some("uart"),
        to,
    })
}

#[test]
fn components_have_the_numbers_of_their_state() {
    let mut world = world();
    world.broker.fail(world.client, &"a reason").unwrap();
    let status = world.broker.status(world.server).unwrap();
    let words = world.list(Topic::Components, 0, 120);
    let [server, client, _] = all::<ComponentRecord<'_>>(&words).try_into().unwrap();
    let expected = ComponentRecord {
        name: "server",
        state: State::Running,
        priority: 7,
        restarts: 0,
        used_bytes: status.usage.bytes,
        all_bytes: 1 << 20,
        used_slots: status.usage.slots,
        all_slots: 300,
    };
    assert_eq!(server, expected);
    assert_eq!((client.state, client.used_bytes), (State::GivenUp, 0));
    let words = world.list(Topic::Names, 0, 120);
    let expected = [
        (0, NameList::Devices, "uart"),
        (0, NameList::Provides, "serial"),
        (1, NameList::Needs, "serial"),
    ];
    let expected = expected.map(|(component, list, name)| NameRecord {
        component,
        list,
        name,
    });
    assert_eq!(all::<NameRecord<'_>>(&words), expected);
}

#[test]
fn only_capabilities_that_are_held_are_listed() {
    let mut world = world();
    let words = world.capabilities();
    let device = (0, Kind::Device, Right::Use, "uart", None);
    let interrupt = (0, Kind::Interrupt, Right::Receive, "33", None);
    let receive = (0, Kind::Endpoint, Right::Receive, "serial", None);
    let call = (1, Kind::Endpoint, Right::Call, "serial", Some("server"));
    let to_client = (
        0,
        Kind::Notification,
        Right::Signal,
        "channel",
        Some("client"),
    );
    let to_server = (
        1,
        Kind::Notification,
        Right::Signal,
        "channel",
        Some("server"),
    );
    let asked_for = [device, interrupt, receive, call, to_client, to_server];
    let holds = |words: &[u64]| {
        asked_for.map(|(index, kind, right, object, to)| has(words, index, kind, right, object, to))
    };
    assert_eq!(holds(&words), [false; 6]);
    assert!(has(&words, 2, Kind::Endpoint, Right::Call, "broker", None));
    let (server, client) = (world.server, world.client);
    let broker = &mut world.broker;
    let (registers, _) = broker.request_device(server, "uart", Ok(UART)).unwrap();
    let number = 33;
    let is_edge = false;
    let interrupt = Ok(Interrupt { number, is_edge });
    broker.request_irq(server, "uart", interrupt).unwrap();
    broker.register_service(server, "serial").unwrap();
    broker.lookup_service(client, "serial").unwrap();
    broker.create_channel(client, "serial", 8192).unwrap();
    let holds_now = holds(&world.capabilities());
    assert_eq!(holds_now, [true, true, true, true, false, false]);
    let broker = &mut world.broker;
    broker.accept_channel(server, client.badge(), 8192).unwrap();
    broker.free_memory(server, registers).unwrap();
    let holds_now = holds(&world.capabilities());
    assert_eq!(holds_now, [false, true, true, true, true, true]);
    let words = world.list(Topic::Channels, 0, 120);
    let channel = |component, peer| ChannelRecord {
        component,
        peer,
        bytes: 8192,
    };
    let expected = [channel(0, "client"), channel(1, "server")];
    assert_eq!(all::<ChannelRecord<'_>>(&words), expected);
    world.broker.fail(server, &"a reason").unwrap();
    let words = world.capabilities();
    assert_eq!(holds(&words), [false; 6]);
    // The broker refuses its calls now.
    assert!(has(&words, 1, Kind::Endpoint, Right::Call, "serial", None));
}

#[test]
fn short_messages_give_the_same_records() {
    let mut world = world();
    for topic in [Topic::Capabilities, Topic::Components, Topic::Names] {
        let whole = world.list(topic, 0, 1000);
        let mut parts = Vec::new();
        let mut count = 0;
        for _ in 0..whole.len() {
            let part = world.list(topic, count, 40);
            count += match topic {
                Topic::Capabilities => all::<CapabilityRecord<'_>>(&part).len(),
                Topic::Components => all::<ComponentRecord<'_>>(&part).len(),
                _ => all::<NameRecord<'_>>(&part).len(),
            } as u64;
            if part.is_empty() {
                break;
            }
            parts.extend(part);
        }
        assert_eq!(parts, whole, "{topic:?}");
    }
    assert!(world.list(Topic::Capabilities, u64::MAX, 120).is_empty());
}

#[test]
fn the_log_continues_at_a_number() {
    let mut world = world();
    let denied = world.broker.register_service(world.client, "serial");
    assert_eq!(denied, Err(Denial::NotConfigured));
    let number = world.broker.audit().entries.back().unwrap().number;
    let expected = LogRecord {
        number,
        component: "client",
        action: "register service",
        denial: Some("not allowed by the component's configuration"),
    };
    assert_eq!(
        one::<LogRecord<'_>>(&world.list(Topic::Log, number, 120)),
        expected
    );
    assert!(world.list(Topic::Log, number + 1, 120).is_empty());
    for bytes in 0..1000 {
        let _ = world.broker.create_channel(world.viewer, "serial", bytes);
    }
    let (mut next, mut count) = (0, 0);
    loop {
        let words = world.list(Topic::Log, next, 120);
        let Some(last) = all::<LogRecord<'_>>(&words)
            .last()
            .map(|entry| entry.number)
        else {
            break;
        };
        count += all::<LogRecord<'_>>(&words).len();
        next = last + 1;
    }
    assert_eq!(count, Audit::CAPACITY);
}

#[test]
fn one_signal_comes_for_all_changes_until_the_next_look() {
    let mut world = world();
    let event = world.broker.watch(world.viewer).unwrap();
    assert_eq!(world.broker.watch(world.viewer), Ok(event));
    let before = world.totals();
    assert!(!world.is_told(event));
    world.broker.lookup_service(world.client, "serial").unwrap();
    assert!(world.is_told(event));
    world.broker.fail(world.client, &"a reason").unwrap();
    assert!(!world.is_told(event));
    let after = world.totals();
    assert_ne!(after.generation, before.generation);
    assert!(after.used_bytes < before.used_bytes);
    assert_eq!(
        after.all_bytes - after.used_bytes,
        world.broker.free().bytes
    );
    assert!(!world.is_told(event));
    assert_eq!(world.totals(), after);
}

#[test]
fn a_watcher_that_is_gone_gets_no_signal() {
    let mut world = world();
    let event = world.broker.watch(world.viewer).unwrap();
    world.totals();
    world.broker.fail(world.viewer, &"a reason").unwrap();
    world.broker.spawn(world.viewer, &IMAGE).unwrap();
    assert!(!world.is_told(event));
    world.totals();
    world.broker.lookup_service(world.client, "serial").unwrap();
    assert!(!world.is_told(event));
}

#[test]
fn records_take_the_right_to_inspect() {
    let mut world = world();
    for request in [Request::List(Topic::Totals, 0), Request::Watch] {
        let (client, viewer) = (world.client, world.viewer);
        let denied = world.broker.check_right(client, &request);
        assert_eq!(denied, Err(Denial::NotConfigured));
        assert_eq!(world.broker.check_right(viewer, &request), Ok(()));
    }
}
