// SPDX-License-Identifier: BSD-2-Clause

//! Sends back all bytes that arrive through a channel.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::{CHANNEL_ENDED, Channel, ECHO, Event, Failure, Refusal, Service};

kaal_component::main!(run);

/// The largest channel that it accepts, in bytes.
const LARGEST: usize = 8192;

fn run() -> Result<(), Failure> {
    let mut channel: Option<Channel> = None;
    Service::register("echo")?.serve(|event| {
        match event {
            Event::Call(call) if call.label == ECHO => {
                let former = channel.replace(Channel::accept(call.client, LARGEST)?);
                former.map_or(Ok(()), Channel::close)?;
            }
            Event::Call(_) => return Err(Refusal::Malformed),
            Event::Signals(events) => {
                if let Some(channel) = &mut channel {
                    send_back(channel);
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

fn send_back(channel: &mut Channel) {
    let mut buffer = [0; 128];
    loop {
        match channel.receive(&mut buffer) {
            0 => return,
            length => channel.send(buffer.get(..length).unwrap_or_default()),
        };
    }
}
