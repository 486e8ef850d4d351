// SPDX-License-Identifier: BSD-2-Clause

//! Calls `fragile`, which fails at each call, until that is given up.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Client, Console, Echo, Failure, Refusal};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let fragile = Client::lookup("fragile")?;
    loop {
        match fragile.call(Echo::Accept, ()) {
            Ok(()) => {}
            Err(Refusal::NotFound) => break,
            Err(refusal) => writeln!(console, "the call is refused: {refusal}")?,
        }
    }
    writeln!(console, "fragile is not found any more")?;
    Ok(())
}
