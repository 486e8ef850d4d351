// SPDX-License-Identifier: BSD-2-Clause

//! Sends back what comes through a channel.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::{Channel, ECHO, Event, Refusal, Service};

kaal_component::main!(run);

fn run() -> Result<(), Refusal> {
    let service = Service::register("echo")?;
    let mut channel: Option<Channel> = None;
    let mut event = service.receive();
    loop {
        event = match event {
            Event::Call(call) if call.label == ECHO => {
                service.answer(match Channel::accept(call.client) {
                    Ok(accepted) => {
                        if let Some(former) = channel.replace(accepted) {
                            former.close()?;
                        }
                        0
                    }
                    Err(refusal) => refusal as u64,
                })
            }
            Event::Call(_) => service.answer(Refusal::Malformed as u64),
            Event::Signals(_) => {
                if let Some(channel) = &mut channel {
                    send_back(channel);
                }
                service.receive()
            }
        };
    }
}

fn send_back(channel: &mut Channel) {
    let mut buffer = [0; 128];
    loop {
        let length = channel.receive(&mut buffer);
        if length == 0 {
            return;
        }
        channel.send(buffer.get(..length).unwrap_or_default());
    }
}
