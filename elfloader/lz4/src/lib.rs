// SPDX-License-Identifier: BSD-2-Clause

//! Decompresses LZ4 blocks (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>).
//!
//! Programs for machines with the MMU off are compiled without unaligned accesses, so `lz4_flex` copies byte by byte:
//! version 0.14 takes 10 to 14 instructions per byte of a kernel. This crate runs with the MMU on, copies 16 bytes at a
//! time at any alignment, and takes less than two.
//!
//! A block is hostile input: nothing outside of the two slices is accessed.

#![no_std]

mod copy;
mod decode;
mod error;

pub use decode::decompress;
pub use error::DecodeError;
