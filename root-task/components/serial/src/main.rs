// SPDX-License-Identifier: BSD-2-Clause

//! Drives the PL011 UART (Arm DDI 0183): prints the root task's log and texts of clients, and sends
//! typed bytes to one reader.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use arm_pl011_uart::{Interrupts, Uart};
use kaal_component::{
    CHANNEL_ENDED, Channel, Event, Failure, Interrupt, Refusal, Registers, Serial, Service,
    Terminal, Text,
};

kaal_component::main!(run);

const DEVICE: &str = "arm,pl011";

/// Interrupts for received bytes: many bytes, or a pause after one.
const RECEIVED: Interrupts = Interrupts::RXI.union(Interrupts::RTI);

/// The control register, and its bits that let the UART receive.
const UARTCR: usize = 0x30;
const UARTEN: u32 = 1 << 0;
const RXE: u32 = 1 << 9;

/// The largest channel that it accepts, in bytes.
const LARGEST: usize = 4096;

fn run() -> Result<(), Failure> {
    let registers = Registers::request(DEVICE)?;
    // The firmware has set the line up to send, perhaps not to receive.
    registers.write(UARTCR, registers.read(UARTCR) | UARTEN | RXE);
    let mut uart = Uart::new(registers.into_pointer()?);
    let mut terminal = Terminal::open()?;
    let interrupt = Interrupt::request(DEVICE)?;
    let service = Service::register("serial")?;
    uart.set_interrupt_masks(RECEIVED);
    terminal.print_log(|byte| send(&mut uart, byte))?;
    let mut keyboard = Keyboard::default();
    service.serve(|event, _| {
        match event {
            Event::Call(client, Serial::Write(text, _)) => {
                terminal.print(client, &text, |byte| send(&mut uart, byte))?;
            }
            Event::Call(client, Serial::Read((), _)) => {
                terminal.check_reader(client)?;
                let former = keyboard.reader.replace(Channel::accept(client, LARGEST)?);
                keyboard.pass_on()?;
                former.map_or(Ok(()), Channel::close)?;
            }
            Event::Signals(events) => {
                if events & terminal.event != 0 {
                    terminal.print_log(|byte| send(&mut uart, byte))?;
                }
                if events & CHANNEL_ENDED != 0 {
                    let reader = &mut keyboard.reader;
                    let ended = reader.take_if(|reader| !reader.is_open());
                    ended.map_or(Ok(()), Channel::close)?;
                }
                // Clear first, so that later bytes interrupt again.
                uart.clear_interrupts(RECEIVED);
                while !uart.is_rx_fifo_empty() {
                    if let Ok(Some(byte)) = uart.read_word() {
                        keyboard.typed.push(byte);
                    }
                }
                keyboard.pass_on()?;
                interrupt.acknowledge()?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

fn send(uart: &mut Uart<'_>, byte: u8) {
    while uart.is_tx_fifo_full() {
        core::hint::spin_loop();
    }
    uart.write_word(byte);
}

/// Typed bytes and their reader. Without a reader, it keeps as many bytes as fit.
#[derive(Default)]
struct Keyboard {
    typed: Text,
    reader: Option<Channel>,
}

impl Keyboard {
    fn pass_on(&mut self) -> Result<(), Refusal> {
        if let Some(reader) = &mut self.reader
            && !self.typed.as_bytes().is_empty()
        {
            let sent = reader.send(self.typed.as_bytes());
            self.typed = Text::default();
            if sent.is_err() {
                return self.reader.take().map_or(Ok(()), Channel::close);
            }
        }
        Ok(())
    }
}
