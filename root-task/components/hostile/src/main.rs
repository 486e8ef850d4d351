// SPDX-License-Identifier: BSD-2-Clause

//! Sends malformed and forbidden requests, and tries to receive requests of others.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Console, Failure, Refusal, TEXT_LIMIT, Text};
use kaal_protocol::slots;
use sel4::{MessageInfo, MessageInfoBuilder, cap};

kaal_component::main!(run);

/// Requests with label and words as `Request` encodes them, and the expected refusals.
const REQUESTS: [(u64, &[u64], Refusal); 20] = [
    // Unknown requests.
    (0, &[], Refusal::Malformed),
    (99, &[1, 2, 3], Refusal::Malformed),
    (1 << 40, &[u64::MAX; 120], Refusal::Malformed),
    // Memory: missing word, size 0, sizes that overflow, more than the quota.
    (1, &[4096], Refusal::Malformed),
    (1, &[0, 1], Refusal::Malformed),
    (1, &[u64::MAX, 1], Refusal::Malformed),
    (1, &[1 << 40, 1], Refusal::Quota),
    // Memory for a device, without a device that accesses memory.
    (2, &[4096], Refusal::NotConfigured),
    // Free: the image, an invalid address.
    (3, &[0x20_1000], Refusal::NotOwned),
    (3, &[u64::MAX], Refusal::NotOwned),
    // Devices: a name longer than the message, another component's device.
    (4, &[0, u64::MAX], Refusal::Malformed),
    (4, &[u64::MAX, 6, SERIAL], Refusal::NotConfigured),
    // Channels: a size that overflows, no such channel.
    (8, &[u64::MAX, 6, SERIAL], Refusal::Malformed),
    (9, &[u64::MAX, 0], Refusal::NotOwned),
    (17, &[u64::MAX], Refusal::NotOwned),
    // Shared memory for a device, without a device that accesses memory.
    (21, &[1, 4096], Refusal::NotConfigured),
    // Requests of operators and of the self-test.
    (11, &[0, 0], Refusal::NotConfigured),
    (12, &[6, SERIAL], Refusal::NotConfigured),
    (13, &[u64::MAX], Refusal::NotConfigured),
    (14, &[0, 0], Refusal::NotConfigured),
];

/// Calls of `serial` to print a malformed text: longer than allowed, longer than the message, without
/// its end, with more behind it.
const CALLS: [&[u64]; 4] = [&[513; 66], &[u64::MAX, 0], &[9, 0], &[0, 0]];

/// The label of these calls.
const WRITE: u64 = 1;

/// The request to use `serial`.
const LOOKUP: (u64, &[u64]) = (7, &[6, SERIAL]);

/// The text `serial` as a word.
const SERIAL: u64 = u64::from_le_bytes(*b"serial\0\0");

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let broker = cap::Endpoint::from_bits(slots::BROKER);
    // A request that waits for no answer.
    broker.nb_send(message(15, &[0]));
    let mut refused = 0;
    for (label, words, refusal) in REQUESTS {
        let answer = broker.call(message(label, words)).label();
        if answer == refusal as u64 {
            refused += 1;
        } else {
            writeln!(console, "request {label} {words:x?}: {answer}")?;
        }
    }
    let made = REQUESTS.len();
    writeln!(console, "{refused} of {made} requests refused")?;
    let serial = lookup(&broker)?;
    let refused = |words: &&&[u64]| {
        let answer = serial.call(message(WRITE, words));
        answer.label() == Refusal::Malformed as u64
    };
    let mut refused = CALLS.iter().filter(refused).count();
    let too_long = Text::try_from(&[b'x'; TEXT_LIMIT + 1][..]);
    refused += usize::from(too_long.is_err());
    let made = CALLS.len() + 1;
    writeln!(console, "{refused} of {made} calls refused")?;
    // Try to receive requests to the broker. For the kernel, polling is receiving without waiting.
    // It refuses with a fault, which ends this component.
    let _ = cap::Notification::from_bits(slots::FAULT).poll();
    writeln!(console, "may receive the broker's requests")?;
    Ok(())
}

/// Looks up `serial` without `Client`, which makes no malformed calls.
fn lookup(broker: &cap::Endpoint) -> Result<cap::Endpoint, Refusal> {
    let (label, words) = LOOKUP;
    Refusal::check(broker.call(message(label, words)).label())?;
    let slot = sel4::with_ipc_buffer(|buffer| buffer.msg_regs().first().copied());
    slot.map(cap::Endpoint::from_bits).ok_or(Refusal::Malformed)
}

/// Writes a message to the IPC buffer.
fn message(label: u64, words: &[u64]) -> MessageInfo {
    sel4::with_ipc_buffer_mut(|buffer| {
        let registers = buffer.msg_regs_mut().iter_mut();
        registers.zip(words).for_each(|(to, from)| *to = *from);
    });
    let info = MessageInfoBuilder::default().label(label);
    info.length(words.len()).build()
}
