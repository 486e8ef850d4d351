// SPDX-License-Identifier: BSD-2-Clause

//! The line between `cargo xtask watch` and the component `reload`: a stream of bytes in each direction.
//!
//! Towards the component go frames: a [`Header`], then the program, an ELF file. The component ignores bytes between
//! frames. Each frame is answered by one line of text: [`RUNS`], or [`REFUSED`] and the reason.

#![no_std]
#![forbid(unsafe_code)]

mod header;
mod receiver;

use crc::{CRC_32_ISCSI, Crc};

pub use header::{Header, NAME_LIMIT};
pub use receiver::{Event, Receiver};

/// The answer after the component has started with the new program.
pub const RUNS: &str = "runs";

/// The start of the answer if the component still has its old program.
pub const REFUSED: &str = "refused: ";

/// CRC-32C, which finds damage on the line.
static CRC_32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
