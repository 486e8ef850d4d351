// SPDX-License-Identifier: BSD-2-Clause

//! Uses the heap again and again, logs that, and then takes more than there is.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::vec;
use alloc::vec::Vec;

use kaal_component::Failure;
use kaal_heap as _;

kaal_component::main!(run);

/// Together more than the quota.
const ROUNDS: u64 = 100;

/// Bytes that are allocated at once.
const PART: usize = 10_000;

fn run() -> Result<(), Failure> {
    kaal_component::log_to_console()?;
    let sums = (0..ROUNDS).map(|round| vec![round; PART / size_of::<u64>()].iter().sum());
    let sums: Vec<u64> = sums.collect();
    log::info!(
        "used {ROUNDS} times {PART} bytes of the heap, sum {}",
        sums.iter().sum::<u64>()
    );
    log::debug!("this isn't in the program");
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![1_u8; PART]);
    }
}
