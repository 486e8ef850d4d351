// SPDX-License-Identifier: BSD-2-Clause

//! Provides what the other commands need and the checkout doesn't hold.

mod cargo_deny;
mod core_library;
mod debian;
mod fuzzing;
mod miri;
mod qemu;
mod toolchain;

use anyhow::Result;

pub(crate) use cargo_deny::provide as cargo_deny;
pub(crate) use core_library::provide as core_library;
pub(crate) use fuzzing::provide as fuzzing;
pub(crate) use miri::provide as miri;
pub(crate) use qemu::provide as qemu;
pub(crate) use toolchain::{TARGET, Toolchain, host};

/// Provides everything and says where it comes from.
pub(crate) fn all() -> Result<()> {
    println!("QEMU: {}", qemu()?);
    println!("core for {}: {}", TARGET, core_library()?);
    Ok(())
}
