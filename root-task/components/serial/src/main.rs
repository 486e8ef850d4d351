// SPDX-License-Identifier: BSD-2-Clause

//! Drives the PL011 UART (Arm DDI 0183): prints texts of clients, and sends typed bytes to one
//! reader.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use arm_pl011_uart::{Interrupts, Uart};
use kaal_component::{
    Channel, Event, Failure, Interrupt, Refusal, Registers, Service, Text, serial,
};

kaal_component::main!(run);

const DEVICE: &str = "arm,pl011";

/// Interrupts for received bytes: many bytes, or a pause after one.
const RECEIVED: Interrupts = Interrupts::RXI.union(Interrupts::RTI);

fn run() -> Result<(), Failure> {
    // The kernel has configured the UART.
    let mut uart = Uart::new(Registers::request(DEVICE)?.into_pointer()?);
    let interrupt = Interrupt::request(DEVICE)?;
    let service = Service::register("serial")?;
    uart.set_interrupt_masks(RECEIVED);
    let mut keyboard = Keyboard::default();
    service.serve(|event| {
        match event {
            Event::Call(call) => match call.label {
                serial::WRITE => print(&mut uart, call.text.as_bytes()),
                serial::READ => {
                    let former = keyboard.reader.replace(Channel::accept(call.client)?);
                    keyboard.pass_on();
                    former.map_or(Ok(()), Channel::close)?;
                }
                _ => return Err(Refusal::Malformed),
            },
            Event::Signals(_) => {
                // Clear first, so that later bytes interrupt again.
                uart.clear_interrupts(RECEIVED);
                while !uart.is_rx_fifo_empty() {
                    if let Ok(Some(byte)) = uart.read_word() {
                        keyboard.typed.push(byte);
                    }
                }
                keyboard.pass_on();
                interrupt.acknowledge()?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Prints a text, with a carriage return before each line feed, as terminals expect.
fn print(uart: &mut Uart<'_>, text: &[u8]) {
    for &byte in text {
        let carriage_return = (byte == b'\n').then_some(b'\r');
        for byte in carriage_return.into_iter().chain([byte]) {
            while uart.is_tx_fifo_full() {
                core::hint::spin_loop();
            }
            uart.write_word(byte);
        }
    }
}

/// Typed bytes and their reader. Without a reader, it keeps as many bytes as fit.
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
            self.typed = Text::default();
        }
    }
}
