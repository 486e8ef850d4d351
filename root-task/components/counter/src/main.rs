// SPDX-License-Identifier: BSD-2-Clause

//! Counts for ever, so that the numbers tell whether it was disturbed.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Console, Failure, wait_briefly};

kaal_component::main!(run);

/// Polls between two numbers. No event comes.
const POLLS: u32 = 20_000;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    for number in 0_u64.. {
        writeln!(console, "number {number}")?;
        wait_briefly(POLLS);
    }
    Ok(())
}
