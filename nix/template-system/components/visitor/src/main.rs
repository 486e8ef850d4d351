// SPDX-License-Identifier: BSD-2-Clause

//! Has itself greeted three times.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use greeting::{Greeting, SERVICE};
use kaal_component::{Client, Console, Failure, Text};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let greeter = Client::lookup(SERVICE)?;
    for _ in 0..3 {
        let visits = greeter.call(Greeting::Greet, Text::from("visitor"))?;
        writeln!(console, "visit {visits}")?;
    }
    Ok(())
}
