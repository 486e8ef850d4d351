// SPDX-License-Identifier: BSD-2-Clause

//! Prints the root task's log and texts of clients on the console of any board whose UART KaaL knows.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::{Event, Failure, Refusal, Registers, Serial, Service, Terminal};

kaal_component::main!(run);

/// The device that `stdout-path` names.
const DEVICE: &str = "stdout-path";

fn run() -> Result<(), Failure> {
    let registers = Registers::request(DEVICE)?;
    let mut terminal = Terminal::open()?;
    let mut uart = terminal.uart(registers)?;
    // A stuck UART drops bytes.
    let mut send = |byte| {
        let _ = uart.send(&[byte]);
    };
    terminal.print_log(&mut send)?;
    Service::register("serial")?.serve(|event, _| match event {
        Event::Call(client, Serial::Write(text, _)) => terminal.print(client, &text, &mut send),
        // The driver can't receive.
        Event::Call(_, Serial::Read(..)) => Err(Refusal::Malformed),
        Event::Signals(_) => terminal.print_log(&mut send),
    })?;
    Ok(())
}
