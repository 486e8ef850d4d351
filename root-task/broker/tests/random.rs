// SPDX-License-Identifier: BSD-2-Clause

//! Makes random requests of random components, on the model of the kernel's rules.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{
    Access, Broker, ComponentId, Config, Device, Image, Interrupt, PAGE_SIZE, Quiesce, Resources,
    Segment,
};
use kaal_payload::{PhysAddr, PhysRange};
use model::{EMPTY_SLOTS, Model};
use proptest::prelude::*;

const QUOTA: Resources = Resources {
    bytes: 1 << 20,
    slots: 300,
    devices: 2,
};

const SERIAL: u64 = 0x0900_0000;

const SERIAL_QUIET: Quiesce = Quiesce {
    register: SERIAL + 0x30,
    value: 0,
    read_back: 0,
};

const fn config(name: &'static str) -> Config {
    Config {
        quota: QUOTA,
        stack: 8192,
        devices: &["serial", "timer"],
        dma: &[Some(SERIAL_QUIET)],
        needs: &["a", "b"],
        ..Config::new(name)
    }
}

static CONFIGS: [Config; 4] = [
    Config {
        provides: &["a"],
        ..config("first")
    },
    Config {
        provides: &["b"],
        ..config("second")
    },
    config("third"),
    Config {
        quota: Resources {
            bytes: 100_000,
            slots: 30,
            devices: 0,
        },
        ..config("small")
    },
];

const IMAGE: Image<'_> = Image {
    entry: 0x20_0000,
    segments: &[
        Segment {
            address: 0x20_0000,
            size: 5000,
            bytes: &[1; 4500],
            access: Access::ReadExecute,
        },
        Segment {
            address: 0x20_2010,
            size: 100,
            bytes: &[],
            access: Access::ReadWrite,
        },
    ],
};

/// A request. Numbers choose components, sizes and places.
#[derive(Clone, Debug)]
enum Request {
    Spawn(u16),
    Stop(u16),
    Allocate(u16, u64),
    AllocateDma(u16, u64),
    Free(u16, usize),
    FreeForeign(u16, usize),
    Device(u16, bool),
    Interrupt(u16, bool),
    Register(u16, bool),
    Lookup(u16, bool),
    Channel(u16, bool, u64),
    Accept(u16, u16),
    AcceptForDevice(u16, u16),
    /// Let the component's interrupt signal what the capability in this slot signals.
    HideInInterrupt(u16, u64),
    /// Let the serial device stop its accesses to memory when it is told to, or not.
    Quiet(bool),
    FailAfter(u32),
}

fn request() -> impl Strategy<Value = Request> {
    let id = 0u16..6;
    prop_oneof![
        3 => id.clone().prop_map(Request::Spawn),
        2 => id.clone().prop_map(Request::Stop),
        4 => (id.clone(), 0u64..200_000).prop_map(|(id, size)| Request::Allocate(id, size)),
        1 => (id.clone(), any::<u64>()).prop_map(|(id, size)| Request::Allocate(id, size)),
        1 => (id.clone(), 0u64..100_000).prop_map(|(id, size)| Request::AllocateDma(id, size)),
        3 => (id.clone(), any::<usize>()).prop_map(|(id, which)| Request::Free(id, which)),
        1 => (id.clone(), any::<usize>()).prop_map(|(id, which)| Request::FreeForeign(id, which)),
        1 => (id.clone(), any::<bool>()).prop_map(|(id, which)| Request::Device(id, which)),
        1 => (id.clone(), any::<bool>()).prop_map(|(id, which)| Request::Interrupt(id, which)),
        1 => (id.clone(), any::<bool>()).prop_map(|(id, which)| Request::Register(id, which)),
        1 => (id.clone(), any::<bool>()).prop_map(|(id, which)| Request::Lookup(id, which)),
        2 => (id.clone(), any::<bool>(), 0u64..50_000)
            .prop_map(|(id, which, size)| Request::Channel(id, which, size)),
        2 => (id.clone(), id.clone()).prop_map(|(id, client)| Request::Accept(id, client)),
        2 => (id.clone(), id.clone())
            .prop_map(|(id, client)| Request::AcceptForDevice(id, client)),
        2 => (id, 8u64..16).prop_map(|(id, slot)| Request::HideInInterrupt(id, slot)),
        1 => any::<bool>().prop_map(Request::Quiet),
        1 => (0u32..60).prop_map(Request::FailAfter),
    ]
}

/// A request about channels and signals, of components that may make them.
fn channel_request() -> impl Strategy<Value = Request> {
    let (id, size) = (1u16..4, 1u64..10_000);
    prop_oneof![
        6 => (id.clone(), any::<bool>(), size)
            .prop_map(|(id, which, size)| Request::Channel(id, which, size)),
        6 => (id.clone(), id.clone()).prop_map(|(id, client)| Request::Accept(id, client)),
        6 => (id.clone(), any::<usize>()).prop_map(|(id, which)| Request::Free(id, which)),
        2 => (id.clone(), any::<bool>()).prop_map(|(id, which)| Request::Interrupt(id, which)),
        4 => (id.clone(), 8u64..16).prop_map(|(id, slot)| Request::HideInInterrupt(id, slot)),
        1 => id.clone().prop_map(Request::Stop),
        3 => id.prop_map(Request::Spawn),
        1 => (0u32..60).prop_map(Request::FailAfter),
    ]
}

/// A broker, and the addresses that each component got.
struct World {
    broker: Broker<Model>,
    addresses: [Vec<u64>; 6],
    /// Memory that devices may access: the component, start and end.
    for_devices: Vec<(u16, u64, u64)>,
    free_at_first: (Resources, usize),
}

impl World {
    fn new(mcs: bool) -> Self {
        let (model, untyped) = Model::new(mcs);
        let mut broker = Broker::new(model, EMPTY_SLOTS, untyped).unwrap();
        broker.keep_device_page(SERIAL).unwrap();
        for config in &CONFIGS {
            broker.add(config).unwrap();
        }
        let free_at_first = Self::free(&mut broker);
        Self {
            broker,
            addresses: Default::default(),
            for_devices: Vec::new(),
            free_at_first,
        }
    }

    fn free(broker: &mut Broker<Model>) -> (Resources, usize) {
        (broker.free(), broker.kernel().capabilities())
    }

    fn device(first: bool) -> (&'static str, Device) {
        let (name, start, number) = match first {
            true => ("serial", SERIAL, 33),
            false => ("timer", 0x0901_0000, 34),
        };
        let device = Device {
            registers: vec![PhysRange::from_size(PhysAddr(start), 0x1000).unwrap()],
            interrupts: vec![Interrupt {
                number,
                is_edge: false,
            }],
        };
        (name, device)
    }

    fn service(first: bool) -> &'static str {
        if first { "a" } else { "b" }
    }

    /// Makes a request. [`Self::check`] checks the result.
    fn make(&mut self, request: Request) {
        let broker = &mut self.broker;
        match request {
            Request::Spawn(id) => {
                let is_quiet = broker.kernel().noisy.is_empty();
                let is_running = broker
                    .status(ComponentId(id))
                    .is_some_and(|it| it.is_running);
                let _ = broker.spawn(ComponentId(id), &IMAGE);
                if is_quiet && !is_running {
                    self.for_devices.retain(|&(of, ..)| of != id);
                }
            }
            Request::Stop(id) => {
                // A stop must succeed, so cancel a pending failure of the kernel.
                broker.kernel().fail_after = None;
                let is_quiet = broker.kernel().noisy.is_empty();
                if broker.stop(ComponentId(id)).is_ok() {
                    if is_quiet {
                        self.for_devices.retain(|&(of, ..)| of != id);
                    }
                    self.addresses[usize::from(id)].clear();
                }
            }
            Request::Allocate(id, size) => {
                let memory = broker.allocate_memory(ComponentId(id), size, Access::ReadWrite);
                self.addresses[usize::from(id)].extend(memory);
            }
            Request::AllocateDma(id, size) => {
                if let Ok((address, physical)) = broker.allocate_dma(ComponentId(id), size) {
                    assert!(broker.free_memory(ComponentId(id), address).is_err());
                    let size = size.next_multiple_of(PAGE_SIZE).next_power_of_two();
                    self.note_for_device(id, physical, size);
                }
            }
            Request::Free(id, which) => {
                // To free must succeed too.
                broker.kernel().fail_after = None;
                let mine = &mut self.addresses[usize::from(id)];
                if !mine.is_empty() {
                    let address = mine.swap_remove(which % mine.len());
                    assert_eq!(broker.free_memory(ComponentId(id), address), Ok(()));
                    assert!(broker.free_memory(ComponentId(id), address).is_err());
                }
            }
            Request::FreeForeign(id, which) => {
                let address = (which as u64) << 12;
                if !self.addresses[usize::from(id)].contains(&address) {
                    assert!(broker.free_memory(ComponentId(id), address).is_err());
                }
            }
            Request::Device(id, which) => {
                let (name, device) = Self::device(which);
                let registers = broker.request_device(ComponentId(id), name, device.range(0));
                // A second request for the same registers has the same answer.
                let mine = &mut self.addresses[usize::from(id)];
                mine.extend(registers.map(|(address, _)| address));
                mine.sort_unstable();
                mine.dedup();
            }
            Request::Interrupt(id, which) => {
                let (name, device) = Self::device(which);
                let _ = broker.request_irq(ComponentId(id), name, device.interrupt(0));
            }
            Request::Register(id, which) => {
                let _ = broker.register_service(ComponentId(id), Self::service(which));
            }
            Request::Lookup(id, which) => {
                let _ = broker.lookup_service(ComponentId(id), Self::service(which));
            }
            Request::Channel(id, which, size) => {
                let end = broker.create_channel(ComponentId(id), Self::service(which), size);
                self.addresses[usize::from(id)].extend(end.map(|end| end.address));
            }
            Request::Accept(id, client) => {
                let end = broker.accept_channel(ComponentId(id), client.into(), u64::MAX);
                self.addresses[usize::from(id)].extend(end.map(|end| end.address));
            }
            Request::AcceptForDevice(id, client) => {
                let accepted = broker.accept_for_device(ComponentId(id), client.into(), u64::MAX);
                if let Ok((end, physical)) = accepted {
                    self.addresses[usize::from(id)].push(end.address);
                    self.note_for_device(id, physical, end.size);
                }
            }
            Request::HideInInterrupt(id, slot) => {
                broker
                    .kernel()
                    .hide_in_interrupt(ComponentId(id).badge(), slot);
            }
            Request::Quiet(true) => broker.kernel().noisy.clear(),
            Request::Quiet(false) => drop(broker.kernel().noisy.insert(SERIAL)),
            Request::FailAfter(operations) => broker.kernel().fail_after = Some(operations),
        }
    }

    /// Notes memory that a device may access, and checks that no other may access it too.
    fn note_for_device(&mut self, id: u16, physical: u64, size: u64) {
        let end = physical + size;
        for &(_, start, other_end) in &self.for_devices {
            assert!(end <= start || other_end <= physical, "{physical:#x}");
        }
        self.for_devices.push((id, physical, end));
    }

    fn check(&mut self) {
        /// Slots of halves, where few components have split much memory.
        const SPLITS: u64 = 64;
        self.broker.kernel().check();
        for &(_, start, end) in &self.for_devices {
            assert!(!self.broker.kernel().is_untyped(&(start..end)));
        }
        for (id, status) in self.broker.components() {
            let quota = CONFIGS[usize::from(id.0) - 1].quota;
            assert!(status.usage.bytes <= quota.bytes, "{status:?}");
            assert!(status.usage.slots <= quota.slots, "{status:?}");
            assert!(status.usage.devices <= quota.devices, "{status:?}");
        }
        let charged = self.broker.components().map(|(_, status)| status.usage);
        let charged = charged.chain([self.broker.quarantined()]);
        let charged: u64 = charged.map(|usage| usage.most_slots()).sum();
        let used = self.free_at_first.0.slots - self.broker.free().slots;
        assert!(
            used <= charged + SPLITS,
            "{used} slots used, {charged} charged"
        );
    }

    /// Stops all components, and checks that all resources are free.
    fn end(mut self) {
        self.make(Request::Quiet(true));
        (0..6).for_each(|id| self.make(Request::Stop(id)));
        // A start frees what is in quarantine.
        for id in 0..6 {
            self.make(Request::Spawn(id));
            self.make(Request::Stop(id));
        }
        self.check();
        assert_eq!(Self::free(&mut self.broker), self.free_at_first);
        assert!(self.broker.kernel().running.is_empty());
        assert!(!self.broker.is_lent(SERIAL));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn nothing_overlaps_and_everything_comes_back(
        mcs in any::<bool>(),
        requests in prop::collection::vec(request(), 100..101),
    ) {
        let mut world = World::new(mcs);
        for request in requests {
            world.make(request);
            world.check();
        }
        world.end();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn no_two_capabilities_signal_one_event(
        requests in prop::collection::vec(channel_request(), 100..101),
    ) {
        let mut world = World::new(false);
        (1..4).for_each(|id| world.make(Request::Spawn(id)));
        for request in requests {
            world.make(request);
            world.check();
        }
        world.end();
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn ten_thousand_rounds_lose_nothing() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut world = World::new(false);
    let request = request();
    for _ in 0..10_000 {
        let next = request.new_tree(&mut runner).unwrap().current();
        world.make(next);
    }
    world.check();
    world.end();
}
