// SPDX-License-Identifier: BSD-2-Clause

//! Panics on purpose.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::{Failure, View, inspect};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    assert_eq!(inspect(View::Log, 0).err(), None, "only operators may");
    Ok(())
}
