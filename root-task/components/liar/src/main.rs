// SPDX-License-Identifier: BSD-2-Clause

//! Claims on purpose to have sent more bytes through a channel to `echo` than the channel holds.

#![no_std]
#![no_main]

use core::fmt::Write;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use kaal_component::{CHANNEL_ENDED, Client, Console, Echo, Failure, Refusal, Text, wait};
use kaal_protocol::{Request, slots};
use sel4::{MessageInfoBuilder, cap};

kaal_component::main!(run);

/// More bytes than anything can process.
const LIE: u64 = u64::MAX / 2;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let echo = Client::lookup("echo")?;
    let (address, signal) = create_channel()?;
    echo.call(Echo::Accept, ())?;
    let written = ptr::with_exposed_provenance_mut(address);
    // SAFETY: the broker mapped the channel at this address. It begins with the number of bytes that
    // this end has written. Nothing else here accesses it.
    unsafe { AtomicU64::from_ptr(written) }.store(LIE, Ordering::Release);
    signal.signal();
    while wait() & CHANNEL_ENDED == 0 {}
    writeln!(console, "echo closed the channel")?;
    Ok(())
}

/// Creates a channel without `Channel`, which tells no lies. Returns its address and signal.
fn create_channel() -> Result<(usize, cap::Notification), Refusal> {
    let request = Request::CreateChannel(8192, Text::from("echo"));
    let (label, length) = sel4::with_ipc_buffer_mut(|buffer| request.encode(buffer.msg_regs_mut()));
    let info = MessageInfoBuilder::default().label(label).length(length);
    Refusal::check(
        cap::Endpoint::from_bits(slots::BROKER)
            .call(info.build())
            .label(),
    )?;
    sel4::with_ipc_buffer(|buffer| match buffer.msg_regs() {
        &[address, _, signal, ..] => Ok((address as usize, cap::Notification::from_bits(signal))),
        _ => Err(Refusal::Malformed),
    })
}
