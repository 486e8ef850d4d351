// SPDX-License-Identifier: BSD-2-Clause

//! Sends each packet of the network driver back. `cargo xtask bench` measures the driver with it.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Console, Failure, Interface, wait};

kaal_component::main!(run);

/// The longest packet, in bytes: an Ethernet frame without its checksum.
const PACKET: usize = 1514;

fn run() -> Result<(), Failure> {
    let mut network = Interface::open()?;
    writeln!(Console::open()?, "attached")?;
    let mut packet = [0; PACKET];
    loop {
        // Takes a buffer to send, so that `ask` doesn't ask for one.
        network.can_send()?;
        network.ask();
        while let Some(length) = network.receive(&mut packet)? {
            network.send(packet.get(..length).unwrap_or_default())?;
        }
        network.flush();
        while wait() & network.event == 0 {}
    }
}
