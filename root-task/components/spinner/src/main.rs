// SPDX-License-Identifier: BSD-2-Clause

//! A server that loops for ever at each call.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::hint;

use kaal_component::{Echo, Event, Failure, Service};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    Service::register("fragile")?.serve(|event: Event<Echo>, _| {
        if let Event::Call(..) = event {
            loop {
                hint::spin_loop();
            }
        }
        Ok(())
    })?;
    Ok(())
}
