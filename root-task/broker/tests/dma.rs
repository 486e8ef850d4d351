// SPDX-License-Identifier: BSD-2-Clause

//! Tests that memory is free only after no device accesses it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{Broker, ComponentId, Config, Denial, Image, Quiesce, Resources};
use kaal_payload::{PhysAddr, PhysRange};
use model::{EMPTY_SLOTS, Model};

/// Registers of the network device.
const NET: u64 = 0x0901_0000;

const QUOTA: u64 = 1 << 18;

static DRIVER: Config = Config {
    quota: Resources {
        bytes: QUOTA,
        slots: 300,
        devices: 1,
    },
    stack: 4096,
    devices: &["net"],
    dma: &[Some(Quiesce {
        register: NET + 0x70,
        value: 0,
        read_back: 0,
    })],
    ..Config::new("driver")
};
/// Its device can't be quieted.
static WILD: Config = Config {
    name: "wild",
    dma: &[None],
    ..DRIVER
};
static PLAIN: Config = Config {
    name: "plain",
    dma: &[],
    ..DRIVER
};

const IMAGE: Image<'_> = Image {
    entry: 0x20_0000,
    segments: &[],
};

const BUFFER: u64 = 64 * 1024;

fn started(config: &'static Config) -> (Broker<Model>, ComponentId, u64) {
    let (model, untyped) = Model::new(false);
    let mut broker = Broker::new(model, EMPTY_SLOTS, untyped).unwrap();
    let free = broker.free().bytes;
    let id = broker.add(config).unwrap();
    broker.spawn(id, &IMAGE).unwrap();
    (broker, id, free)
}

/// Takes the device, and memory for it.
fn take_all(broker: &mut Broker<Model>, id: ComponentId) {
    let registers = PhysRange::from_size(PhysAddr(NET), 0x1000).unwrap();
    broker.request_device(id, "net", Ok(registers)).unwrap();
    broker.allocate_dma(id, BUFFER).unwrap();
}

#[test]
fn memory_for_devices_takes_a_right() {
    let (mut broker, id, _) = started(&PLAIN);
    let denied = broker.allocate_dma(id, BUFFER);
    assert_eq!(denied, Err(Denial::NotConfigured));
}

#[test]
fn memory_of_a_quiet_device_is_free() {
    let (mut broker, id, free) = started(&DRIVER);
    take_all(&mut broker, id);
    broker.stop(id).unwrap();
    assert_eq!(broker.free().bytes, free);
    assert_eq!(broker.quarantined(), Resources::default());
}

#[test]
fn a_driver_cannot_free_what_its_device_accesses() {
    let (mut broker, id, _) = started(&DRIVER);
    let (address, _) = broker.allocate_dma(id, BUFFER).unwrap();
    assert_eq!(broker.free_memory(id, address), Err(Denial::ForDevice));
}

#[test]
fn memory_of_a_noisy_device_is_free_when_that_is_quiet() {
    let (mut broker, id, free) = started(&DRIVER);
    take_all(&mut broker, id);
    broker.kernel().noisy.insert(NET);
    broker.stop(id).unwrap();
    assert_eq!(broker.free().bytes, free - BUFFER);
    assert_eq!(broker.quarantined().bytes, BUFFER);
    // It still counts.
    broker.spawn(id, &IMAGE).unwrap();
    let memory = broker.allocate_dma(id, QUOTA / 2);
    assert!(memory.is_ok());
    let usage = broker.status(id).unwrap().usage.bytes;
    assert!(usage > QUOTA / 2 + BUFFER, "{usage}");
    broker.kernel().noisy.clear();
    broker.stop(id).unwrap();
    assert_eq!(broker.free().bytes, free);
}

#[test]
fn restarts_take_no_more_than_the_quota_into_quarantine() {
    let (mut broker, id, free) = started(&WILD);
    for _ in 0..20 {
        while broker.allocate_dma(id, 4096).is_ok() {}
        broker.stop(id).unwrap();
        broker.kernel().check();
        if broker.spawn(id, &IMAGE).is_err() {
            break;
        }
    }
    let _ = broker.stop(id);
    let quarantined = broker.quarantined().bytes;
    assert!((1..=QUOTA).contains(&quarantined), "{quarantined}");
    assert_eq!(broker.free().bytes, free - quarantined);
}

#[test]
fn devices_in_one_page_share_its_mapping() {
    let (mut broker, id, _) = started(&DRIVER);
    let registers = |start| Ok(PhysRange::from_size(PhysAddr(start), 0x200).unwrap());
    let (first, size) = broker.request_device(id, "net", registers(NET)).unwrap();
    let second = broker.request_device(id, "net", registers(NET + 0x200));
    assert_eq!(second, Ok((first + 0x200, size)));
}
