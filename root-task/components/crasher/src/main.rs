// SPDX-License-Identifier: BSD-2-Clause

//! Crashes on purpose, by a write to unmapped memory.

#![no_std]
#![no_main]

use core::fmt::Write;

use kaal_component::{Console, Failure};

kaal_component::main!(run);

/// An address that is never mapped.
const NOWHERE: usize = 0x10;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    writeln!(console, "about to fail")?;
    // SAFETY: the address is unmapped, so the write faults and changes no memory.
    unsafe { core::arch::asm!("str xzr, [{}]", in(reg) NOWHERE) };
    Ok(())
}
