// SPDX-License-Identifier: BSD-2-Clause

//! Prints a greeting.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Console, Failure};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    writeln!(console, "hello, world")?;
    Ok(())
}
