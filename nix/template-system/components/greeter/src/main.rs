// SPDX-License-Identifier: BSD-2-Clause

//! Greets all callers, and counts their visits.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use greeting::{Greeting, SERVICE};
use kaal_component::{Console, Event, Failure, Service};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let mut visits = 0;
    Service::register(SERVICE)?.serve(|event, answer| {
        if let Event::Call(_, Greeting::Greet(name, reply)) = event {
            visits += 1;
            writeln!(console, "hello, {}", name.as_str())?;
            reply.with(answer, &visits);
        }
        Ok(())
    })?;
    Ok(())
}
