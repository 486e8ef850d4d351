// SPDX-License-Identifier: BSD-2-Clause

//! Provides what the other commands need and the checkout doesn't hold.

mod compiler;
mod core_library;
mod debian;
mod miri;
mod qemu;
mod tool;
mod toolchain;

use anyhow::Result;

pub(crate) use compiler::provide as compiler;
pub(crate) use core_library::provide as core_library;
pub(crate) use miri::provide as miri;
pub(crate) use qemu::provide as qemu;
pub(crate) use tool::{CARGO_DENY, CARGO_FUZZ, MDBOOK};
pub(crate) use toolchain::{TARGET, Toolchain};

/// Provides everything and says where it comes from.
pub(crate) fn all() -> Result<()> {
    println!("QEMU: {}", qemu()?);
    println!("core for {}: {}", TARGET, core_library()?);
    Ok(())
}
