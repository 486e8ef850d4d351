// SPDX-License-Identifier: BSD-2-Clause

//! Sends requests that make no sense, or that it may not make, and reaches for those of others.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Console, Refusal};
use kaal_protocol::slots;
use sel4::{MessageInfo, MessageInfoBuilder, cap};

kaal_component::main!(run);

/// Labels of requests, as `Request` encodes them, and their words, with the refusal that each is to be
/// answered with.
const REQUESTS: [(u64, &[u64], Refusal); 18] = [
    // There are no such requests.
    (0, &[], Refusal::Malformed),
    (99, &[1, 2, 3], Refusal::Malformed),
    (1 << 40, &[u64::MAX; 120], Refusal::Malformed),
    // Memory: a word is missing, no size, sizes that overflow, too much.
    (1, &[4096], Refusal::Malformed),
    (1, &[0, 1], Refusal::Malformed),
    (1, &[u64::MAX, 1], Refusal::Malformed),
    (1, &[1 << 40, 1], Refusal::Quota),
    (2, &[(1 << 63) + 1], Refusal::Malformed),
    // To free the image, and what is no address.
    (3, &[0x20_1000], Refusal::NotOwned),
    (3, &[u64::MAX], Refusal::NotOwned),
    // A device whose name is longer than the message, and another's.
    (4, &[0, u64::MAX], Refusal::Malformed),
    (4, &[u64::MAX, 6, SERIAL], Refusal::NotConfigured),
    // A channel of a size that overflows, and one that nobody created.
    (8, &[u64::MAX, 6, SERIAL], Refusal::Malformed),
    (9, &[u64::MAX], Refusal::NotOwned),
    // What only operators and the self-test may do.
    (11, &[0, 0], Refusal::NotConfigured),
    (12, &[6, SERIAL], Refusal::NotConfigured),
    (13, &[u64::MAX], Refusal::NotConfigured),
    (14, &[0, 0], Refusal::NotConfigured),
];

/// The text `serial`, as a word.
const SERIAL: u64 = u64::from_le_bytes(*b"serial\0\0");

fn run() -> Result<(), Refusal> {
    let mut console = Console::open()?;
    let broker = cap::Endpoint::from_bits(slots::BROKER);
    // Nobody waits for this answer.
    broker.nb_send(message(15, &[0]));
    let mut refused = 0;
    for (label, words, refusal) in REQUESTS {
        let answer = broker.call(message(label, words)).label();
        if answer == refusal as u64 {
            refused += 1;
        } else {
            writeln!(console, "hostile: request {label} {words:x?}: {answer}")?;
        }
    }
    let made = REQUESTS.len();
    writeln!(console, "hostile: {refused} of {made} requests refused")?;
    // What others ask the broker for: to the kernel, to poll is to receive without waiting. It
    // refuses that by a fault, which ends this component.
    let _ = cap::Notification::from_bits(slots::FAULT).poll();
    writeln!(console, "hostile: may receive the broker's requests")?;
    Ok(())
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
