// SPDX-License-Identifier: BSD-2-Clause

//! Provides what the other commands need but the checkout doesn't have.

mod apt;
mod compiler;
mod core_library;
mod firmwares;
mod miri;
mod nightly;
mod rust_source;
mod tools;
mod u_boots;
mod unpacked;

use anyhow::Result;
use kaal_harness::workspace::Workspace;

pub(crate) use apt::targets;
pub(crate) use compiler::{Compiler, TARGET};
pub(crate) use core_library::provide as core_library;
pub(crate) use firmwares::{firmware, firmwares_for_tests};
pub(crate) use miri::provide as miri;
pub(crate) use nightly::Nightly;
pub(crate) use tools::{qemu, tool, tool_for_tests};
pub(crate) use u_boots::u_boots_for_tests;

/// Provides everything for a boot, and prints where it comes from.
pub(crate) fn all(workspace: &Workspace) -> Result<()> {
    println!("QEMU: {}", qemu(workspace)?);
    let nightly = Nightly::provide()?;
    println!("Rust for the target: {}", nightly.compiler);
    println!("core for {TARGET}: {}", core_library(nightly)?.description);
    Ok(())
}
