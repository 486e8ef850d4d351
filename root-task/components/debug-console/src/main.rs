// SPDX-License-Identifier: BSD-2-Clause

//! Prints what others ask it to, on the kernel's own console: on a machine whose UART no component
//! drives.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::{Event, Refusal, Service, serial};

kaal_component::main!(run);

fn run() -> Result<(), Refusal> {
    let service = Service::register("serial")?;
    let mut event = service.receive();
    loop {
        event = match event {
            Event::Call(call) => service.answer(match call.label {
                serial::WRITE => {
                    for &byte in call.text.as_bytes() {
                        sel4::debug_put_char(byte);
                    }
                    0
                }
                _ => Refusal::Malformed as u64,
            }),
            Event::Signals(_) => service.receive(),
        }
    }
}
