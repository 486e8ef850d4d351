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

mod cells;
mod chosen;
mod console;
mod cpus;
mod error;
mod facts;
mod header;
mod list;
mod machine;
mod memory;
mod node;
mod place;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
mod tree;
mod walk;

pub use chosen::{Chosen, NoRoom};
pub use console::{UnknownConsole, console, stdout, stdout_path};
pub use error::{HeaderError, TreeError};
pub use facts::{Facts, FactsError, MAX_CPUS, MAX_MEMORY, TooMany};
pub use header::Header;
pub use list::List;
pub use memory::{Availability, MemoryKind, Misunderstanding, misunderstood};
pub use node::{Node, Property};
pub use place::{Place, Reg};
pub use tree::DeviceTree;
pub use walk::Walk;
