// SPDX-License-Identifier: BSD-2-Clause

//! A server that loops for ever at each call.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::hint;

use kaal_component::{Echo, Event, Failure, Service};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    // In system.toml, it takes the place of either.
    let service = Service::register("fragile").or_else(|_| Service::register("files"))?;
    service.serve(|event: Event<Echo>, _| {
        if let Event::Call(..) = event {
            loop {
                hint::spin_loop();
            }
        }
        Ok(())
    })?;
    Ok(())
}
