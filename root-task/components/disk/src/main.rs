// SPDX-License-Identifier: BSD-2-Clause

//! Drives a virtio disk for one client, which only reads. The device writes blocks to memory that the driver shares
//! with the client, and the driver accesses none of them.
//!
//! The broker frees that memory only after this component has ended and the disk is quiet. So the driver ends with
//! its client, and the next one gets a driver that was restarted. It also ends if the disk doesn't answer.
//!
//! Each module imports only modules listed below it:
//!
//! - `disk`: the disk, and its client
//! - `patience`: a limit for the time of a request

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

mod disk;
mod patience;

use core::fmt::Write;

use kaal_block::{Fill, SHARED};
use kaal_component::{Block, Console, Event, Failure, Service, SharedMemory};
use kaal_virtio::find;
use kaal_virtio::virtio_drivers::transport::DeviceType;

use disk::Disk;

kaal_component::main!(run);

/// The transports of a page.
const TRANSPORTS: [&str; 8] = [
    "/virtio_mmio@a001000",
    "/virtio_mmio@a001200",
    "/virtio_mmio@a001400",
    "/virtio_mmio@a001600",
    "/virtio_mmio@a001800",
    "/virtio_mmio@a001a00",
    "/virtio_mmio@a001c00",
    "/virtio_mmio@a001e00",
];

fn run() -> Result<(), Failure> {
    let Some(found) = find(&TRANSPORTS, DeviceType::Block)? else {
        writeln!(Console::open()?, "the machine has no disk")?;
        return Ok(());
    };
    let mut disk = Disk::start(found)?;
    Service::register("disk")?.serve(|event, answer| match event {
        Event::Call(_, Block::Count((), reply)) => {
            reply.with(answer, &disk.blocks());
            Ok(())
        }
        Event::Call(client, Block::Attach((), _)) => {
            disk.attach(|| SharedMemory::accept_for_device(client, SHARED))
        }
        Event::Call(_, Block::Fill((window, first, count), reply)) => {
            let fill = Fill {
                window,
                first,
                count,
            };
            reply.with(answer, &disk.fill(fill)?);
            Ok(())
        }
        Event::Signals(events) => disk.look_at(events),
    })?;
    Ok(())
}
