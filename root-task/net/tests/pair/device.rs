// SPDX-License-Identifier: BSD-2-Clause

//! A virtio device that receives what it sends. It knows the rings from the standard alone.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use kaal_net::{Broken, Chains, Client, Direction, Driver, QUEUE};
use kaal_queue::{Places, QueueMemory};

/// Physical addresses of the queues and of the shared memory.
const RECEIVE: u64 = 0x10_0000;
const SEND: u64 = 0x20_0000;
const SHARED: u64 = 0x30_0000;

const HEADER: usize = 12;

pub(crate) type Shared = Rc<[AtomicU64]>;

/// Memory of a queue.
#[derive(Clone, Debug)]
pub(crate) struct Words(Rc<RefCell<Vec<u8>>>);

impl QueueMemory for Words {
    fn read(&self, offset: usize) -> u32 {
        let bytes = self.0.borrow()[offset..offset + 4].try_into();
        u32::from_le_bytes(bytes.unwrap())
    }

    fn write(&self, offset: usize, value: u32) {
        self.0.borrow_mut()[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    }
}

/// A descriptor: address, length and flags.
type Part = (u64, usize, u16);

/// One of the device's queues.
struct Queue {
    words: Words,
    physical: u64,
    places: Places,
    size: usize,
    seen: u16,
}

impl Queue {
    fn half(&self, address: u64) -> u16 {
        let at = (address - self.physical) as usize;
        let word = self.words.read(at & !3);
        (word >> (at % 4 * 8)) as u16
    }

    /// The next chain, and its index.
    fn next(&mut self) -> Option<(u16, Vec<Part>)> {
        let available = self.places.available;
        if self.seen == self.half(available + 2) {
            return None;
        }
        let place = u64::from(self.seen) % self.size as u64;
        let head = self.half(available + 4 + 2 * place);
        self.seen = self.seen.wrapping_add(1);
        let (mut chain, mut index) = (Vec::new(), head);
        loop {
            let start = self.places.descriptors + 16 * u64::from(index);
            let word = |at| u64::from(self.words.read((start + at - self.physical) as usize));
            let flags = self.half(start + 12);
            chain.push((word(0) | word(4) << 32, word(8) as usize, flags));
            if flags & 1 == 0 {
                return Some((head, chain));
            }
            index = self.half(start + 14);
        }
    }

    fn give_back(&self, head: u16, written: usize) {
        let used = (self.places.used - self.physical) as usize;
        let index = (self.words.read(used) >> 16) as u16;
        let entry = used + 4 + 8 * (usize::from(index) % self.size);
        self.words.write(entry, head.into());
        self.words.write(entry + 4, written as u32);
        self.words
            .write(used, u32::from(index.wrapping_add(1)) << 16);
    }
}

/// Driver, client and device.
pub(crate) struct Machine {
    pub(crate) client: Client<Shared>,
    pub(crate) driver: Driver<Shared>,
    receive: Chains<Words>,
    send: Chains<Words>,
    device: [Queue; 2],
    wire: VecDeque<Vec<u8>>,
}

impl Machine {
    pub(crate) fn new(bytes: usize, mac: [u8; 6]) -> Self {
        let shared: Shared = (0..bytes / 8).map(|_| AtomicU64::new(0)).collect();
        let client = Client::new(shared.clone()).unwrap();
        let driver = Driver::new(shared, mac).unwrap();
        let words = || Words(Rc::new(RefCell::new(vec![0; QUEUE])));
        let (of_receive, of_send) = (words(), words());
        let layout = *driver.layout();
        let receive = (0..layout.buffers).map(|number| SHARED + layout.receive(number) as u64);
        let receive = Chains::new(of_receive.clone(), RECEIVE, Direction::Receive, receive);
        let send = (0..layout.buffers).map(|number| SHARED + layout.send(number) as u64);
        let send = Chains::new(of_send.clone(), SEND, Direction::Send, send);
        let queue = |words, physical, chains: &Chains<Words>| Queue {
            words,
            physical,
            places: chains.places(),
            size: chains.size(),
            seen: 0,
        };
        let device = [
            queue(of_receive, RECEIVE, &receive),
            queue(of_send, SEND, &send),
        ];
        Self {
            client,
            driver,
            receive,
            send,
            device,
            wire: VecDeque::new(),
        }
    }

    /// The driver handles an event.
    pub(crate) fn drive(&mut self) {
        self.try_drive().unwrap();
    }

    pub(crate) fn try_drive(&mut self) -> Result<(), Broken> {
        kaal_net::drive(&mut self.driver, &mut self.receive, &mut self.send)?;
        Ok(())
    }

    /// The device says that it received a packet.
    pub(crate) fn device_returns(&self, place: usize, chain: u32, written: u32) {
        let [receive, _] = &self.device;
        let used = (receive.places.used - receive.physical) as usize;
        receive.words.write(used + 4 + 8 * place, chain);
        receive.words.write(used + 8 + 8 * place, written);
    }

    /// The device says how many packets it received.
    pub(crate) fn device_counts(&self, index: u32) {
        let [receive, _] = &self.device;
        let used = (receive.places.used - receive.physical) as usize;
        receive.words.write(used, index << 16);
    }

    /// The device does all its work.
    pub(crate) fn work(&mut self) {
        let shared = self.client.memory().clone();
        let [receive, send] = &mut self.device;
        while let Some((head, chain)) = send.next() {
            let [(_, HEADER, 1), (address, length, 0)] = chain[..] else {
                panic!("not a packet to send: {chain:x?}");
            };
            let bytes = (0..length).map(|at| byte(&shared, address, at).1);
            self.wire.push_back(bytes.collect());
            send.give_back(head, 0);
        }
        while !self.wire.is_empty() {
            let Some((head, chain)) = receive.next() else {
                return;
            };
            let [(_, HEADER, 3), (address, 2048, 2)] = chain[..] else {
                panic!("not a buffer to receive into: {chain:x?}");
            };
            let packet = self.wire.pop_front().unwrap();
            for (at, new) in packet.iter().enumerate() {
                let (word, old) = byte(&shared, address, at);
                let shift = at % 8 * 8;
                let former = word.load(Ordering::Relaxed);
                let mask = u64::from(old ^ new) << shift;
                word.store(former ^ mask, Ordering::Relaxed);
            }
            receive.give_back(head, HEADER + packet.len());
        }
    }
}

/// The word with a byte, and the byte.
fn byte(shared: &[AtomicU64], address: u64, at: usize) -> (&AtomicU64, u8) {
    let at = (address - SHARED) as usize + at;
    let word = &shared[at / 8];
    let bytes = word.load(Ordering::Relaxed).to_le_bytes();
    (word, bytes[at % 8])
}
