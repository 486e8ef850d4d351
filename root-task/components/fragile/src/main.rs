// SPDX-License-Identifier: BSD-2-Clause

//! A server that faults at each call, before it answers.

#![no_std]
#![no_main]

use kaal_component::{Echo, Event, Failure, Service};

kaal_component::main!(run);

/// An address that is never mapped.
const NOWHERE: usize = 0x10;

fn run() -> Result<(), Failure> {
    Service::register("fragile")?.serve(|event: Event<Echo>, _| {
        if let Event::Call(..) = event {
            // SAFETY: the address is unmapped, so the read faults and changes no memory.
            unsafe { core::arch::asm!("ldr xzr, [{}]", in(reg) NOWHERE) };
        }
        Ok(())
    })?;
    Ok(())
}
