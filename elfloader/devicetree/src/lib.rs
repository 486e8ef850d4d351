// SPDX-License-Identifier: BSD-2-Clause

//! Reads console, RAM, cores, firmware and interrupt controller from a flattened device tree.
//!
//! The builder reads the device tree that it embeds, and the loader the one that the firmware brings. So both come to
//! the same results.
//!
//! A device tree is hostile input. This crate checks all bounds, and can't panic. We know no library that does:
//! `dtoolkit` 0.4 refuses names of more than 31 characters, which the Raspberry Pi 4 and many others use, and the other
//! readers panic on malformed trees.
//!
//! References: Devicetree Specification v0.4, chapters 2, 3 and 5.

#![no_std]
#![forbid(unsafe_code)]

mod chosen;
mod console;
mod cpus;
mod describe;
mod error;
mod header;
mod memory;
#[cfg(test)]
mod tests;
mod tokens;
mod tree;

pub use chosen::{Chosen, NoRoom};
pub use console::{UnknownConsole, console};
pub use cpus::cpus;
pub use describe::machine;
pub use error::{HeaderError, TreeError};
pub use header::Header;
pub use memory::{Availability, MemoryKind, availability, memory, misunderstood, ram};
pub use tree::{DeviceTree, Node, Place, Property};
