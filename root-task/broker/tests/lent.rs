// SPDX-License-Identifier: BSD-2-Clause

//! Tests a page of a device that the root task keeps while a component has it too.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{Broker, ComponentId, Config, Denial, Kernel, PAGE_SIZE, Pass, Slot};
use kaal_payload::{PhysAddr, PhysRange};
use model::start::{self, IMAGE};
use model::{EMPTY_SLOTS, Model};

const REGISTERS: u64 = 0x0900_0000;

const fn config(name: &'static str) -> Config {
    Config {
        devices: &["uart"],
        ..start::config(name)
    }
}

static FIRST: Config = config("first");
static SECOND: Config = config("second");

fn request(broker: &mut Broker<Model>, id: ComponentId) -> Result<(u64, u64), Denial> {
    let registers = PhysRange::from_size(PhysAddr(REGISTERS), PAGE_SIZE).unwrap();
    broker.request_device(id, "uart", Ok(registers))
}

#[test]
fn one_component_at_a_time_has_a_page_that_the_root_task_keeps() {
    let mut broker = start::broker(false);
    let page = broker.keep_device_page(REGISTERS + 0x40).unwrap();
    assert_eq!(
        broker.keep_device_page(REGISTERS),
        Err(Denial::Taken(REGISTERS))
    );
    let [first, second] = [&FIRST, &SECOND].map(|config| broker.add(config).unwrap());
    for id in [first, second] {
        broker.spawn(id, &IMAGE).unwrap();
    }
    let free = broker.free();

    let (address, _) = request(&mut broker, first).unwrap();
    assert!(broker.is_lent(REGISTERS));
    let refused = Err(Denial::Taken(REGISTERS));
    assert_eq!(request(&mut broker, second), refused);
    broker.free_memory(first, address).unwrap();
    assert!(!broker.is_lent(REGISTERS));

    request(&mut broker, second).unwrap();
    broker.stop(second).unwrap();
    assert!(!broker.is_lent(REGISTERS));
    broker.spawn(second, &IMAGE).unwrap();
    assert_eq!(broker.free().bytes, free.bytes);

    // The root task's own page outlived both copies.
    broker.kernel().check();
    let capabilities = broker.kernel().capabilities();
    let slot = Slot(EMPTY_SLOTS.end - 1);
    broker.kernel().copy(page, slot, Pass::Whole).unwrap();
    assert_eq!(broker.kernel().capabilities(), capabilities + 1);
}
