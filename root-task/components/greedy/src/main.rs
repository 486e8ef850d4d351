// SPDX-License-Identifier: BSD-2-Clause

//! Allocates memory until the broker denies it, and fails for this reason.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Console, Failure, allocate};

kaal_component::main!(run);

const PIECE: usize = 16 * 1024;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let mut bytes = 0;
    let refusal = loop {
        match allocate(PIECE) {
            Ok(memory) => bytes += memory.len(),
            Err(refusal) => break refusal,
        }
    };
    writeln!(console, "denied after {bytes} bytes")?;
    Err(refusal.into())
}
