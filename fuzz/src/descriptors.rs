// SPDX-License-Identifier: BSD-2-Clause

//! A network driver and its client, each with a hostile other end, and a hostile device.
//!
//! Until the first lie, all is accepted. After it, each step ends, no packet is longer than a buffer, and the device is
//! told of no memory but the buffers.

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use arbitrary::{Arbitrary, Result, Unstructured};
use kaal_net::{BUFFER, Chains, Client, Direction, Driver, QUEUE, drive};
use kaal_queue::QueueMemory;

use crate::Target;

/// Steps on the shared memory of a driver and a client. Each step is a byte that says what is done, and its
/// parameters.
pub const DESCRIPTORS: Target = Target {
    name: "descriptors",
    run: |input| steps(&mut Unstructured::new(input)).is_ok(),
    seeds: || {
        let honest = b"\0\x04abcd\0\x02ef\x02\x01\x02";
        let liar = b"\0\x04abcd\x03\x08\0\xff\0\0\0\0\0\0\0\x02\x01";
        let device = b"\x02\x04\0\x40\0\0\x01\0\x02\x01";
        vec![honest.to_vec(), liar.to_vec(), device.to_vec()]
    },
};

/// Size of the shared memory: a few buffers.
const SHARED: usize = 8 * BUFFER;

/// Physical address of the shared memory.
const BASE: u64 = 0x10_0000;

/// The rings in a queue's memory, behind the descriptors.
const RINGS: usize = 4096;

/// Memory of a queue.
#[derive(Clone, Debug)]
struct Words(Rc<[AtomicU32]>);

impl QueueMemory for Words {
    fn read(&self, offset: usize) -> u32 {
        self.0[offset / 4].load(Ordering::Relaxed)
    }

    fn write(&self, offset: usize, value: u32) {
        self.0[offset / 4].store(value, Ordering::Relaxed);
    }
}

fn queue() -> Words {
    Words((0..QUEUE / 4).map(|_| AtomicU32::new(0)).collect())
}

fn steps(input: &mut Unstructured<'_>) -> Result<()> {
    let shared: Rc<[AtomicU64]> = (0..SHARED / 8).map(|_| AtomicU64::new(0)).collect();
    let mut client = Client::new(shared.clone()).expect("enough memory");
    let mut driver = Driver::new(shared.clone(), [0; 6]).expect("enough memory");
    let layout = *driver.layout();
    let (of_receive, of_send) = (queue(), queue());
    let buffers = (0..layout.buffers).map(|it| BASE + layout.receive(it) as u64);
    let mut receive = Chains::new(of_receive.clone(), 0, Direction::Receive, buffers);
    let buffers = (0..layout.buffers).map(|it| BASE + layout.send(it) as u64);
    let mut send = Chains::new(of_send.clone(), 0, Direction::Send, buffers);
    let mut is_honest = true;
    while !input.is_empty() {
        match u8::arbitrary(input)? % 5 {
            0 => {
                let length = u8::arbitrary(input)?;
                let sent = client.send(input.bytes(length.into())?);
                assert!(!is_honest || sent.is_ok());
                // The driver takes an empty packet for a lie.
                is_honest &= length > 0;
            }
            1 => {
                let received = client.receive(&mut [0; BUFFER]);
                assert!(!is_honest || received == Ok(None));
                assert!(received.ok().flatten() <= Some(BUFFER));
            }
            2 => {
                let driven = drive(&mut driver, &mut receive, &mut send);
                assert!(!is_honest || driven.is_ok());
                client.ask();
            }
            3 => {
                let word = usize::from(u16::arbitrary(input)?);
                let value = u64::arbitrary(input)?;
                shared[word % shared.len()].store(value, Ordering::Relaxed);
                is_honest = false;
            }
            _ => {
                let queue = [&of_receive, &of_send][usize::from(u8::arbitrary(input)? % 2)];
                let word = usize::from(u8::arbitrary(input)?);
                let value = u32::arbitrary(input)?;
                let rings = &queue.0[RINGS / 4..];
                rings[word * 4 % rings.len()].store(value, Ordering::Relaxed);
                is_honest = false;
            }
        }
        for queue in [&of_receive, &of_send] {
            check(queue, layout.buffers);
        }
    }
    Ok(())
}

/// The device is told of the buffers only.
fn check(queue: &Words, buffers: usize) {
    for number in 0..buffers {
        let start = (2 * number + 1) * 16;
        let address = u64::from(queue.read(start)) | u64::from(queue.read(start + 4)) << 32;
        let length = queue.read(start + 8) as usize;
        let distance = (address - BASE) as usize;
        assert!(distance.is_multiple_of(BUFFER) && distance < SHARED && length <= BUFFER);
    }
}
