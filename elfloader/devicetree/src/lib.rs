// SPDX-License-Identifier: BSD-2-Clause

//! What a flattened device tree says of the machine: its console, RAM, cores, firmware
//! and interrupt controller.
//!
//! The builder asks this of the device tree that it embeds, and the loader of the one that the
//! firmware hands over, so both come to the same answers.
//!
//! A device tree is hostile input here: it is read with bounds checks only, never trusted, and
//! nothing in this crate can panic. Why not a library: at the time of writing, `dtoolkit` refuses
//! trees with names of more than 31 characters, which the Raspberry Pi 4's and many others have,
//! and the readers that accept them panic on malformed ones.
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
pub use memory::{Availability, MemoryKind, availability, is_ram, memory, misunderstood, ram};
pub use tree::{DeviceTree, Node, Place, Property};
