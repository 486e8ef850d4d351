// SPDX-License-Identifier: BSD-2-Clause

//! Prints how much memory it has.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Console, Failure, allocate};

kaal_component::main!(run);

/// If this returns an error or panics, the root task prints the reason and the line, and applies
/// `restart` of system.toml.
fn run() -> Result<(), Failure> {
    // Needs the service "serial", as `needs` in system.toml says.
    let mut console = Console::open()?;
    // Counts toward the quotas `memory` and `slots` in system.toml.
    let memory = allocate(8192)?;
    writeln!(console, "I have {} bytes", memory.len())?;
    Ok(())
}
