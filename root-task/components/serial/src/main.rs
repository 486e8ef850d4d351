// SPDX-License-Identifier: BSD-2-Clause

//! Drives the PL011 UART (Arm DDI 0183): prints what others ask it to, and passes on what is typed.

#![no_std]
#![no_main]

mod pl011;

use kaal_component::{Channel, Event, Interrupt, Refusal, Registers, Service, serial};
use pl011::Pl011;

kaal_component::main!(run);

const DEVICE: &str = "arm,pl011";

fn run() -> Result<(), Refusal> {
    let uart = Pl011::new(Registers::request(DEVICE)?);
    let interrupt = Interrupt::request(DEVICE)?;
    let service = Service::register("serial")?;
    uart.enable_receive_interrupt();
    let mut reader: Option<Channel> = None;
    let mut event = service.receive();
    loop {
        event = match event {
            Event::Call(call) => service.answer(match call.label {
                serial::WRITE => {
                    uart.print(call.text.as_bytes());
                    0
                }
                serial::READ => match Channel::accept(call.client) {
                    Ok(channel) => {
                        reader = Some(channel);
                        0
                    }
                    Err(refusal) => refusal as u64,
                },
                _ => Refusal::Malformed as u64,
            }),
            Event::Signals(_) => {
                pass_on(&uart, reader.as_mut());
                uart.clear_receive_interrupt();
                interrupt.acknowledge()?;
                service.receive()
            }
        };
    }
}

/// Passes on what was typed; where nobody reads, it is lost.
fn pass_on(uart: &Pl011, reader: Option<&mut Channel>) {
    let mut typed = [0; 64];
    let mut reader = reader;
    loop {
        let mut length = 0;
        while let Some(free) = typed.get_mut(length)
            && let Some(byte) = uart.read()
        {
            *free = byte;
            length += 1;
        }
        if length == 0 {
            return;
        }
        if let Some(reader) = &mut reader {
            reader.send(typed.get(..length).unwrap_or_default());
        }
    }
}
