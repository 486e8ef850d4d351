// SPDX-License-Identifier: BSD-2-Clause

//! Drives a virtio network card for one client. Its device accesses the packets in memory that the driver shares
//! with the client, and the driver accesses none of them.
//!
//! The broker frees that memory only after this component has ended and the card is quiet. So the driver
//! ends with its client, and the next one gets a driver that was restarted. It also ends if the client or
//! the card breaks a rule.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

mod card;

use core::fmt::Write;

use kaal_component::{
    CHANNEL_ENDED, Console, Event, Failure, Packets, Refusal, Service, SharedMemory,
};
use kaal_virtio::find;
use kaal_virtio::virtio_drivers::transport::DeviceType;

use card::Card;

kaal_component::main!(run);

/// The transports of a page.
const TRANSPORTS: [&str; 8] = [
    "/virtio_mmio@a000000",
    "/virtio_mmio@a000200",
    "/virtio_mmio@a000400",
    "/virtio_mmio@a000600",
    "/virtio_mmio@a000800",
    "/virtio_mmio@a000a00",
    "/virtio_mmio@a000c00",
    "/virtio_mmio@a000e00",
];

/// The largest memory that it accepts from a client, in bytes.
const LARGEST: usize = 256 << 10;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let Some(found) = find(&TRANSPORTS, DeviceType::Network)? else {
        writeln!(console, "the machine has no network card")?;
        return Ok(());
    };
    let interrupt = found.interrupt.event;
    let mut card = Card::new(found);
    Service::register("net")?.serve(|event, _| match event {
        Event::Call(client, Packets::Attach((), _)) => {
            if card.is_taken() {
                return Err(Refusal::Taken);
            }
            card.attach(SharedMemory::accept_for_device(client, LARGEST)?)
        }
        Event::Signals(events) => {
            if events & interrupt != 0 {
                card.acknowledge()?;
            }
            if events & CHANNEL_ENDED != 0 && !card.has_client() {
                writeln!(console, "the client is gone")?;
                return Err(Refusal::NotFound);
            }
            let passed = card.pass_on();
            if let Err(broken) = passed {
                writeln!(console, "{broken}")?;
            }
            passed.map_err(|_| Refusal::Broken)
        }
    })?;
    Ok(())
}
