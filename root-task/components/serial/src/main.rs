// SPDX-License-Identifier: BSD-2-Clause

//! Drives the PL011 UART (Arm DDI 0183): prints what others ask it to, and passes on what is typed.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

mod pl011;

use kaal_component::{Channel, Event, Interrupt, Refusal, Registers, Service, Text, serial};
use pl011::Pl011;

kaal_component::main!(run);

const DEVICE: &str = "arm,pl011";

fn run() -> Result<(), Refusal> {
    let uart = Pl011::new(Registers::request(DEVICE)?);
    let interrupt = Interrupt::request(DEVICE)?;
    let service = Service::register("serial")?;
    uart.enable_receive_interrupt();
    let mut keyboard = Keyboard::default();
    service.serve(|event| {
        match event {
            Event::Call(call) => match call.label {
                serial::WRITE => uart.print(call.text.as_bytes()),
                serial::READ => {
                    let former = keyboard.reader.replace(Channel::accept(call.client)?);
                    keyboard.pass_on();
                    former.map_or(Ok(()), Channel::close)?;
                }
                _ => return Err(Refusal::Malformed),
            },
            Event::Signals(_) => {
                // First, so that what arrives from now on interrupts again.
                uart.clear_receive_interrupt();
                while let Some(byte) = uart.read() {
                    keyboard.typed.push(byte);
                }
                keyboard.pass_on();
                interrupt.acknowledge()?;
            }
        }
        Ok(())
    })
}

/// What was typed, and who reads it. What is typed before anybody reads is kept, as far as it fits.
#[derive(Default)]
struct Keyboard {
    typed: Text,
    reader: Option<Channel>,
}

impl Keyboard {
    fn pass_on(&mut self) {
        if let Some(reader) = &mut self.reader
            && !self.typed.as_bytes().is_empty()
        {
            reader.send(self.typed.as_bytes());
            self.typed = Text::new();
        }
    }
}
