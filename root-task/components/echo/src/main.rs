// SPDX-License-Identifier: BSD-2-Clause

//! Sends back all bytes that arrive through a channel or in a call.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{CHANNEL_ENDED, Channel, Console, Echo, Event, Failure, Refusal, Service};

kaal_component::main!(run);

/// The largest channel that it accepts, in bytes.
const LARGEST: usize = 8192;

/// Bytes that are sent back at once.
const PART: usize = 128;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let mut channel: Option<Channel> = None;
    Service::register("echo")?.serve(|event, answer| {
        match event {
            Event::Call(client, Echo::Accept((), _)) => {
                let former = channel.replace(Channel::accept(client, LARGEST)?);
                former.map_or(Ok(()), Channel::close)?;
            }
            Event::Call(_, Echo::Repeat(bytes, reply)) => reply.with(answer, &bytes),
            Event::Signals(events) => {
                if let Some(open) = &mut channel
                    && let Err(refusal) = send_back(open)
                {
                    channel.take().map_or(Ok(()), Channel::close)?;
                    writeln!(console, "closed a channel: {refusal}")?;
                }
                if events & CHANNEL_ENDED != 0 {
                    let ended = channel.take_if(|channel| !channel.is_open());
                    ended.map_or(Ok(()), Channel::close)?;
                }
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Sends back the bytes that have arrived, as far as they fit. The rest waits for the next event, so
/// a client can neither keep `echo` busy nor lose bytes.
fn send_back(channel: &mut Channel) -> Result<(), Refusal> {
    let mut buffer = [0; PART];
    let mut left = channel.arrived()?.min(channel.room()?);
    while left > 0 {
        let (part, _) = buffer.split_at_mut(left.min(PART));
        let length = channel.receive(part)?;
        channel.send(part.get(..length).unwrap_or_default())?;
        // Counts what was asked for, so that the loop ends whatever the client does.
        left -= part.len();
    }
    Ok(())
}
