// SPDX-License-Identifier: BSD-2-Clause

//! Tests that memory is free only after no device accesses it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{Access, Broker, ComponentId, Config, Denial, Quiesce, Resources};
use kaal_payload::{PhysAddr, PhysRange};
use model::Model;
use model::start::{self, IMAGE};

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
    provides: &["frames"],
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

static CLIENT: Config = Config {
    name: "client",
    devices: &[],
    dma: &[],
    provides: &[],
    needs: &["frames"],
    ..DRIVER
};

const BUFFER: u64 = 64 * 1024;

fn started(config: &'static Config) -> (Broker<Model>, ComponentId, u64) {
    let mut broker = start::broker(false);
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

/// A driver and its client, which share memory, both ends at these addresses.
struct Pair {
    broker: Broker<Model>,
    driver: ComponentId,
    client: ComponentId,
    /// Free bytes without the components.
    free: u64,
    ends: [u64; 2],
    physical: u64,
}

impl Pair {
    fn new(driver: &'static Config) -> Self {
        let (mut broker, driver, free) = started(driver);
        let client = broker.add(&CLIENT).unwrap();
        broker.spawn(client, &IMAGE).unwrap();
        let theirs = broker.create_channel(client, "frames", BUFFER).unwrap();
        let accepted = broker.accept_for_device(driver, client.badge(), BUFFER);
        let (ours, physical) = accepted.unwrap();
        assert_eq!((ours.size, theirs.size), (BUFFER, BUFFER));
        Self {
            broker,
            driver,
            client,
            free,
            ends: [ours.address, theirs.address],
            physical,
        }
    }

    /// Checks that others get neither the memory nor its bytes.
    fn check_kept(&mut self) {
        let usage = self.broker.status(self.driver).unwrap().usage.bytes;
        assert!(usage >= BUFFER, "{usage}");
        self.check_unused();
    }

    fn check_unused(&mut self) {
        let range = self.physical..self.physical + BUFFER;
        assert!(!self.broker.kernel().is_untyped(&range));
        self.broker.kernel().check();
    }

    /// Checks that all is free after both components.
    fn check_free(mut self) {
        for id in [self.driver, self.client] {
            let _ = self.broker.stop(id);
        }
        assert_eq!(self.broker.free().bytes, self.free);
        assert_eq!(self.broker.quarantined(), Resources::default());
    }
}

#[test]
fn shared_memory_of_a_device_is_one_uncached_block() {
    let mut pair = Pair::new(&DRIVER);
    for page in 0..BUFFER / 4096 {
        let mapped = pair.broker.kernel().mappings(pair.physical + page * 4096);
        assert_eq!(mapped, [Access::Device; 2], "page {page}");
    }
    pair.check_free();
}

#[test]
fn shared_memory_is_for_devices_only_of_a_component_with_such() {
    let (mut broker, plain, _) = started(&PLAIN);
    let client = broker.add(&CLIENT).unwrap();
    broker.spawn(client, &IMAGE).unwrap();
    broker.create_channel(client, "frames", BUFFER).unwrap();
    let denied = broker.accept_for_device(plain, client.badge(), BUFFER);
    assert_eq!(denied, Err(Denial::NotConfigured));
    // Without a device, it is a channel like others.
    broker
        .accept_channel(plain, client.badge(), BUFFER)
        .unwrap();
}

#[test]
fn shared_memory_stays_as_long_as_the_driver_runs() {
    for client_first in [true, false] {
        let mut pair = Pair::new(&DRIVER);
        let [ours, theirs] = pair.ends;
        let mut closes = [(pair.driver, ours), (pair.client, theirs)];
        if client_first {
            closes.reverse();
        }
        for (id, address) in closes {
            pair.broker.free_memory(id, address).unwrap();
            pair.check_kept();
        }
        pair.broker.stop(pair.client).unwrap();
        pair.check_kept();
        pair.check_free();
    }
}

#[test]
fn shared_memory_of_a_noisy_device_is_in_quarantine() {
    for client_first in [true, false] {
        let mut pair = Pair::new(&DRIVER);
        let registers = PhysRange::from_size(PhysAddr(NET), 0x1000).unwrap();
        let taken = pair
            .broker
            .request_device(pair.driver, "net", Ok(registers));
        taken.unwrap();
        pair.broker.kernel().noisy.insert(NET);
        if client_first {
            pair.broker.stop(pair.client).unwrap();
        }
        pair.broker.stop(pair.driver).unwrap();
        assert_eq!(pair.broker.quarantined().bytes, BUFFER);
        let _ = pair.broker.stop(pair.client);
        assert_eq!(pair.broker.quarantined().bytes, BUFFER);
        pair.check_unused();
        // It counts against the driver's quota.
        pair.broker.spawn(pair.driver, &IMAGE).unwrap();
        pair.check_kept();
        pair.broker.kernel().noisy.clear();
        pair.check_free();
    }
}

/// A quiet device frees a client's memory only after the client has closed it too.
#[test]
fn a_client_keeps_the_memory_of_a_driver_that_has_ended() {
    let mut pair = Pair::new(&DRIVER);
    pair.broker.stop(pair.driver).unwrap();
    assert_eq!(pair.broker.quarantined(), Resources::default());
    assert_eq!(pair.broker.kernel().mappings(pair.physical).len(), 1);
    pair.check_unused();
    let [_, theirs] = pair.ends;
    pair.broker.free_memory(pair.client, theirs).unwrap();
    pair.check_free();
}

#[test]
fn clients_take_no_more_of_a_driver_than_its_quota() {
    let mut pair = Pair::new(&DRIVER);
    let accepted = (0..20).take_while(|_| {
        let [_, theirs] = pair.ends;
        pair.broker.free_memory(pair.client, theirs).unwrap();
        let end = pair.broker.create_channel(pair.client, "frames", BUFFER);
        pair.ends[1] = end.unwrap().address;
        let accepted = pair
            .broker
            .accept_for_device(pair.driver, pair.client.badge(), BUFFER);
        accepted.is_ok()
    });
    assert!((1..QUOTA / BUFFER).contains(&(accepted.count() as u64)));
    pair.check_free();
}
