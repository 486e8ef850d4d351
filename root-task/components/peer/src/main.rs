// SPDX-License-Identifier: BSD-2-Clause

//! Counts instructions for a second, again and again, to show how much CPU time others leave it.

#![no_std]
#![no_main]

use core::arch::asm;
use core::fmt::Write;

use kaal_component::pl031::{DEVICE, RTCDR};
use kaal_component::{Console, Failure, Registers};

kaal_component::main!(run);

/// Instructions that are counted at once.
const BATCH: u64 = 200_000;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let clock = Registers::request(DEVICE)?;
    count(&clock);
    loop {
        let instructions = count(&clock);
        writeln!(console, "{instructions} instructions in a second")?;
        count(&clock);
    }
}

/// Returns the number of instructions until the second ends.
fn count(clock: &Registers) -> u64 {
    let second = clock.read(RTCDR);
    let mut instructions = 0;
    while clock.read(RTCDR) == second {
        // SAFETY: the loop changes one register only. Each round has two instructions.
        unsafe {
            asm!("2: subs {left}, {left}, #2", "b.ne 2b", left = inout(reg) BATCH => _);
        }
        instructions += BATCH;
    }
    instructions
}
