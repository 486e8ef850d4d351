// SPDX-License-Identifier: BSD-2-Clause

//! Writes to memory that it doesn't have.

#![no_std]
#![no_main]

use core::fmt::Write;

use kaal_component::{Console, Refusal};

kaal_component::main!(run);

/// An address that is never mapped.
const NOWHERE: usize = 0x10;

fn run() -> Result<(), Refusal> {
    let mut console = Console::open()?;
    writeln!(console, "crasher: about to fail")?;
    // SAFETY: nothing is mapped there, so nothing can be damaged; the fault is what is wanted.
    unsafe { core::arch::asm!("str xzr, [{}]", in(reg) NOWHERE) };
    Ok(())
}
