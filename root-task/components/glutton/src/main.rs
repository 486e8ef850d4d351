// SPDX-License-Identifier: BSD-2-Clause

//! Uses CPU time, its own and the root task's, and fails, to get more of it from each restart.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::hint;

use kaal_component::{Failure, Refusal, ping};

kaal_component::main!(run);

/// Requests before the failure, and steps between two of them. Together they take less than the budget
/// in `budget.toml`, so that a restart comes before its end.
const REQUESTS: u64 = 50;
const STEPS: u32 = 1000;

fn run() -> Result<(), Failure> {
    for request in 0..REQUESTS {
        ping(request)?;
        for step in 0..STEPS {
            hint::black_box(step);
        }
    }
    Err(Refusal::Failed.into())
}
