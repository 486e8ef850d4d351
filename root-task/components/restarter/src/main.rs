// SPDX-License-Identifier: BSD-2-Clause

//! Restarts a component that holds resources, and sometimes the provider of its service. Then
//! compares what is free with what was free before.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Console, Failure, Refusal, Text, View, inspect, restart};

kaal_component::main!(run);

const RESTARTS: u32 = 1000;

/// Views in a row that must be the same, before nothing changes any more.
const SAME: u32 = 100;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let before = free();
    for round in 0..RESTARTS {
        restart(if round % 10 == 9 { "echo" } else { "tenant" })?;
    }
    let after = free();
    if before == after {
        writeln!(console, "nothing lost by {RESTARTS} restarts")?;
    } else {
        writeln!(console, "lost: {before:?} before, {after:?} after")?;
    }
    Ok(())
}

/// Returns what is free as soon as that stays the same.
fn free() -> [Result<Text, Refusal>; 2] {
    let view = || [0, 1].map(|line| inspect(View::Memory, line));
    let (mut last, mut same) = (view(), 0);
    while same < SAME {
        let next = view();
        same = if next == last { same + 1 } else { 0 };
        last = next;
    }
    last
}
