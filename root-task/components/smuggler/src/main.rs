// SPDX-License-Identifier: BSD-2-Clause

//! Gives the network driver buffers that aren't its own, each time until the driver ends. Then it asks
//! the gateway of QEMU's user network for its address, as an honest client.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;
use core::sync::atomic::{AtomicU64, Ordering};

use kaal_component::{
    CHANNEL_ENDED, Client, Console, Failure, Interface, Packets, Refusal, SharedMemory, wait,
};

kaal_component::main!(run);

const BYTES: usize = 64 << 10;

/// The word that counts packets to send, in memory of this size, and the first packet's descriptor.
const SENT: usize = 80;
const DESCRIPTOR: usize = 88;

/// The queues themselves, and memory behind the shared one.
const LIES: [u64; 2] = [64 << 32, 64 << 32 | BYTES as u64];

/// Asks who has 10.0.2.2 (RFC 826).
const QUESTION: [u8; 42] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0,
    0, 2, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2,
];
/// Where the answer says that it is one, and whose address it gives.
const KIND: usize = 20;
const ANSWER: u16 = 2;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    for lie in LIES {
        if let Err(refusal) = smuggle(lie) {
            writeln!(console, "no network: {refusal}")?;
            return Ok(());
        }
        writeln!(console, "the driver ended")?;
    }
    let mut network = open()?;
    network.send(&QUESTION)?;
    network.flush();
    let mut packet = [0; 64];
    loop {
        network.ask();
        while network.receive(&mut packet)?.is_some() {
            let kind = packet.get(KIND..).and_then(|rest| rest.first_chunk());
            if kind.is_some_and(|kind| u16::from_be_bytes(*kind) == ANSWER) {
                writeln!(console, "the gateway answers")?;
                return Ok(());
            }
        }
        wait();
    }
}

/// Attaches to the network, as soon as the driver has restarted.
fn open() -> Result<Interface, Refusal> {
    loop {
        match Interface::open() {
            Err(Refusal::NotFound) => {}
            other => return other,
        }
    }
}

/// Sends the packet in a descriptor, and waits for the driver's end.
fn smuggle(descriptor: u64) -> Result<(), Refusal> {
    let memory = SharedMemory::create("net", BYTES)?;
    Client::lookup("net")?.call(Packets::Attach, ())?;
    let store = |word: usize, value| {
        let word: Option<&AtomicU64> = memory.words().get(word);
        word.map(|word| word.store(value, Ordering::Release))
    };
    store(DESCRIPTOR, descriptor);
    store(SENT, 1);
    memory.signal();
    while wait() & CHANNEL_ENDED == 0 || memory.is_open() {}
    memory.close()
}
