// SPDX-License-Identifier: BSD-2-Clause

//! Tests that a program replaces another one only within the component's quota.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{
    Access, Action, Broker, ComponentId, Config, Denial, Image, Resource, Right, Segment,
};
use kaal_protocol::{Request, Text};
use model::Model;
use model::start::{self, config};

static CONFIG: Config = Config {
    stack: 8192,
    ..config("component")
};

/// A segment of this size, without content.
const fn data(size: u64) -> Segment<'static> {
    Segment {
        address: 0x20_0000,
        size,
        bytes: &[],
        access: Access::ReadWrite,
    }
}

fn image<'a>(segments: &'a [Segment<'a>]) -> Image<'a> {
    Image {
        entry: 0x20_0000,
        segments,
    }
}

fn broker() -> (Broker<Model>, ComponentId) {
    let mut broker = start::broker(true);
    let id = broker.add(&CONFIG).unwrap();
    broker.spawn(id, &image(&[data(4096)])).unwrap();
    (broker, id)
}

#[test]
fn a_component_restarts_with_another_program() {
    let (mut broker, id) = broker();
    let (before, usage) = (broker.free(), broker.status(id).unwrap().usage);
    let segments = [data(3 * 4096)];
    let larger = image(&segments);
    broker.check_program(id, &larger).unwrap();
    assert_eq!(broker.free(), before);
    assert_eq!(broker.status(id).unwrap().usage, usage);
    broker.stop(id).unwrap();
    broker.spawn(id, &larger).unwrap();
    let more = broker.status(id).unwrap().usage;
    assert_eq!(
        (more.bytes, more.slots),
        (usage.bytes + 2 * 4096, usage.slots + 2)
    );
    broker.kernel().check();
}

#[test]
fn a_program_beyond_the_quota_is_refused_and_the_component_runs_on() {
    let (mut broker, id) = broker();
    let (before, status) = (broker.free(), broker.status(id).unwrap());
    // The second one doesn't leave enough for the stack and the kernel's objects.
    for size in [u64::from(u32::MAX), (1 << 20) - 4096] {
        let segments = [data(size)];
        let denial = broker.check_program(id, &image(&segments)).unwrap_err();
        let is_of_bytes = |denial| {
            let bytes = Resource::Bytes;
            matches!(denial, Denial::Quota { resource, .. } if resource == bytes)
        };
        assert!(is_of_bytes(denial), "{denial:?}");
        let entry = broker.audit().entries.back().unwrap();
        assert_eq!(
            (entry.action, entry.denial),
            (Action::Replace, Some(denial))
        );
    }
    assert_eq!(broker.free(), before);
    let now = broker.status(id).unwrap();
    assert_eq!((now.is_running, now.usage), (true, status.usage));
}

#[test]
fn a_program_beyond_the_address_space_is_refused() {
    let (mut broker, id) = broker();
    let mut segment = data(4096);
    segment.address = 1 << 32;
    let denial = broker.check_program(id, &image(&[segment])).unwrap_err();
    assert_eq!(denial, Denial::Image(1 << 32));
}

#[test]
fn only_a_component_with_the_right_may_replace_programs() {
    static RELOAD: Config = Config {
        operator: &[Right::Reload],
        ..Config::new("reload")
    };
    let (mut broker, id) = broker();
    let reload = broker.add(&RELOAD).unwrap();
    for request in [
        Request::NewProgram(1, Text::from("component")),
        Request::ProgramPart(Text::from("x")),
        Request::Reload,
    ] {
        let refused = broker.check_right(id, &request);
        assert_eq!(refused, Err(Denial::NotConfigured));
        assert_eq!(broker.check_right(reload, &request), Ok(()));
    }
}
