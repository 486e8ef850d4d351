// SPDX-License-Identifier: BSD-2-Clause

//! Sends back all bytes that arrive through a channel.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::{Channel, ECHO, Event, Failure, Refusal, Service};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    let mut channel: Option<Channel> = None;
    Service::register("echo")?.serve(|event| {
        match event {
            Event::Call(call) if call.label == ECHO => {
                let former = channel.replace(Channel::accept(call.client)?);
                former.map_or(Ok(()), Channel::close)?;
            }
            Event::Call(_) => return Err(Refusal::Malformed),
            Event::Signals(_) => {
                if let Some(channel) = &mut channel {
                    send_back(channel);
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
