// SPDX-License-Identifier: BSD-2-Clause

//! Sends a greeting through a channel to `echo`, and bytes in a call, and prints the answers.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{
    Bytes, Channel, Client, Console, Echo, Failure, MESSAGE_BYTES, Refusal, wait,
};

kaal_component::main!(run);

const GREETING: &[u8] = b"hello, world";

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let echo = Client::lookup("echo")?;
    let mut channel = Channel::create("echo", 8192)?;
    echo.call(Echo::Accept, ())?;
    channel.send(GREETING)?;
    let mut answer = [0; GREETING.len()];
    let mut length = 0;
    while let Some(rest) = answer.get_mut(length..)
        && !rest.is_empty()
    {
        match channel.receive(rest)? {
            0 => drop(wait()),
            received => length += received,
        }
    }
    let answer = str::from_utf8(&answer).map_err(|_| Refusal::Malformed)?;
    writeln!(console, "echo answers: {answer}")?;
    let most: Bytes<MESSAGE_BYTES> = (0..=u8::MAX).cycle().take(MESSAGE_BYTES).collect();
    let is_same = echo.call(Echo::Repeat, most.clone())? == most;
    writeln!(console, "echo repeats {MESSAGE_BYTES} bytes: {is_same}")?;
    Ok(())
}
