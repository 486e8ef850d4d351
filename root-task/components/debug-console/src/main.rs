// SPDX-License-Identifier: BSD-2-Clause

//! Provides the service `serial` on the kernel's console, for machines whose UART no component
//! drives.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::{Event, Failure, Refusal, Service, serial};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    Service::register("serial")?.serve(|event| match event {
        Event::Call(call) if call.label == serial::WRITE => {
            let text = call.text.as_bytes().iter().copied();
            text.for_each(sel4::debug_put_char);
            Ok(())
        }
        Event::Call(_) => Err(Refusal::Malformed),
        Event::Signals(_) => Ok(()),
    })?;
    Ok(())
}
