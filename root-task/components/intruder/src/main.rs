// SPDX-License-Identifier: BSD-2-Clause

//! Tries what the broker must prevent: to signal after the end of a channel, to make a server pay, and
//! to wash other components' requests out of the log.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Client, Console, Echo, Failure, Refusal};
use kaal_protocol::{Request, Text, slots};
use sel4::{MessageInfo, MessageInfoBuilder, cap};

kaal_component::main!(run);

/// More requests than the log keeps.
const FLOOD: u64 = 300;

/// The label of no request.
const UNKNOWN: u64 = 99;

/// More bytes than `echo` accepts.
const LARGE: u64 = 64 * 1024;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let echo = Client::lookup("echo")?;
    let former = create_channel(4096)?;
    echo.call(Echo::Accept, ())?;
    writeln!(console, "can signal: {}", can_signal(former))?;
    // `echo` closes the former channel.
    create_channel(4096)?;
    echo.call(Echo::Accept, ())?;
    writeln!(console, "can signal later: {}", can_signal(former))?;
    create_channel(LARGE)?;
    if let Err(refusal) = echo.call(Echo::Accept, ()) {
        writeln!(console, "a large channel is refused: {refusal}")?;
    }
    for _ in 0..FLOOD {
        cap::Endpoint::from_bits(slots::BROKER).call(message(UNKNOWN, 0));
    }
    writeln!(console, "made {FLOOD} unknown requests")?;
    Ok(())
}

/// Creates a channel to `echo`. Returns the slot of its signal.
fn create_channel(bytes: u64) -> Result<u64, Refusal> {
    const SIGNAL: usize = 2;
    let request = Request::CreateChannel(bytes, Text::from("echo"));
    let (label, length) = sel4::with_ipc_buffer_mut(|buffer| request.encode(buffer.msg_regs_mut()));
    let answer = cap::Endpoint::from_bits(slots::BROKER).call(message(label, length));
    Refusal::check(answer.label())?;
    let signal = sel4::with_ipc_buffer(|buffer| buffer.msg_regs().get(SIGNAL).copied());
    signal.ok_or(Refusal::Malformed)
}

/// Whether the capability in a slot still exists. The kernel answers a call of a notification at once.
fn can_signal(slot: u64) -> bool {
    let answer = cap::Endpoint::from_bits(slot).call(message(0, 0));
    answer.label() == 0
}

fn message(label: u64, length: usize) -> MessageInfo {
    let info = MessageInfoBuilder::default().label(label);
    info.length(length).build()
}
