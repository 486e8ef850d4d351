// SPDX-License-Identifier: BSD-2-Clause

//! Each lie is refused.

use std::sync::atomic::Ordering;

use kaal_net::{BUFFER, Broken, Client, Filled};

use crate::device::{Machine, Shared};

/// Words of the shared memory: the first one of each queue, and the descriptors behind it.
const RECEIVE_FREE: usize = 8;
const RECEIVED: usize = 32;
const SEND_FREE: usize = 56;
const SEND: usize = 80;
const DESCRIPTORS: usize = 8;

fn machine() -> Machine {
    let mut machine = Machine::new(64 << 10, [0; 6]);
    machine.drive();
    machine
}

fn store(memory: &Shared, word: usize, value: u64) {
    memory[word].store(value, Ordering::Relaxed);
}

#[test]
fn impossible_counts() {
    for lie in [17, u64::MAX, 1 << 63] {
        let mut machine = machine();
        let memory = machine.client.memory().clone();
        for queue in [RECEIVE_FREE, RECEIVED, SEND_FREE, SEND] {
            let tail = memory[queue].load(Ordering::Relaxed);
            store(&memory, queue, tail.wrapping_add(lie));
        }
        assert_eq!(machine.driver.to_send(), Err(Broken::Count));
        assert_eq!(machine.driver.to_receive(), Err(Broken::Count));
        assert_eq!(machine.client.receive(&mut [0; BUFFER]), Err(Broken::Count));
    }
}

#[test]
fn a_queue_that_is_never_read() {
    let mut machine = machine();
    let memory = machine.client.memory().clone();
    for round in 0..20 {
        machine.client.send(&[1]).unwrap();
        store(&memory, SEND_FREE + 1, 0);
        let driven = machine.try_drive();
        machine.work();
        let driven = driven.and_then(|()| machine.try_drive());
        machine.client.receive(&mut [0; BUFFER]).unwrap();
        // 15 descriptors from the start, and one more.
        let expected = if round == 0 {
            Ok(())
        } else {
            Err(Broken::Count)
        };
        assert_eq!(driven, expected);
        if driven.is_err() {
            return;
        }
    }
}

#[test]
fn impossible_descriptors_of_a_client() {
    let layout = *machine().driver.layout();
    let own = layout.send(0) as u64;
    let descriptors = [
        0,
        1 << 32,
        (1 << 32) | (own + 1),
        (1 << 32) | layout.receive(0) as u64,
        (1 << 32) | layout.send(layout.buffers) as u64,
        own,
        (BUFFER as u64 + 1) << 32 | own,
        u64::MAX,
    ];
    for descriptor in descriptors {
        let mut machine = machine();
        let memory = machine.client.memory().clone();
        store(&memory, SEND + DESCRIPTORS, descriptor);
        store(&memory, SEND, 1);
        assert_eq!(machine.driver.to_send(), Err(Broken::Descriptor));
    }
}

#[test]
fn a_buffer_that_the_device_has() {
    let mut machine = machine();
    let layout = *machine.driver.layout();
    let memory = machine.client.memory().clone();
    let packet = 1 << 32 | layout.send(3) as u64;
    store(&memory, SEND + DESCRIPTORS, packet);
    store(&memory, SEND + DESCRIPTORS + 1, packet);
    store(&memory, SEND, 2);
    let sent = Filled {
        number: 3,
        length: 1,
    };
    assert_eq!(machine.driver.to_send(), Ok(Some(sent)));
    assert_eq!(machine.driver.to_send(), Err(Broken::Descriptor));
    let again = layout.receive(0) as u64;
    store(&memory, RECEIVE_FREE + DESCRIPTORS + layout.buffers, again);
    store(&memory, RECEIVE_FREE, layout.buffers as u64 + 1);
    assert_eq!(machine.driver.to_receive(), Err(Broken::Descriptor));
}

#[test]
fn impossible_descriptors_of_a_driver() {
    let layout = *machine().driver.layout();
    let own = layout.receive(0) as u64;
    for descriptor in [
        0,
        own + 8,
        layout.send(0) as u64,
        u64::MAX,
        2049 << 32 | own,
    ] {
        let mut machine = machine();
        let memory = machine.client.memory().clone();
        store(&memory, RECEIVED + DESCRIPTORS, descriptor);
        store(&memory, RECEIVED, 1);
        let received = machine.client.receive(&mut [0; 4096]);
        assert_eq!(received, Err(Broken::Descriptor));
    }
    for offset in [0, own, u64::MAX] {
        let machine = machine();
        let mut client = Client::new(machine.client.into_memory()).unwrap();
        store(client.memory(), SEND_FREE + DESCRIPTORS, offset);
        assert_eq!(client.send(&[1]), Err(Broken::Descriptor));
    }
}

#[test]
fn impossible_buffers_of_a_device() {
    let lies: [(u32, u32, u32); 6] = [
        // Index, chain, bytes written.
        (1, 1, 20),
        (1, 30, 20),
        (1, u32::MAX, 20),
        (1, 0, 11),
        (1, 0, 12 + BUFFER as u32 + 1),
        (16, 0, 20),
    ];
    for (index, chain, written) in lies {
        let mut machine = machine();
        machine.device_returns(0, chain, written);
        machine.device_counts(index);
        assert_eq!(machine.try_drive(), Err(Broken::Device), "{index} {chain}");
    }
    let mut machine = machine();
    machine.device_returns(0, 4, 20);
    machine.device_returns(1, 4, 20);
    machine.device_counts(2);
    assert_eq!(machine.try_drive(), Err(Broken::Device));
}
