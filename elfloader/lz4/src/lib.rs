// SPDX-License-Identifier: BSD-2-Clause

//! Decompresses LZ4 blocks (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>).
//!
//! Why not a library: code for `aarch64-unknown-none` is compiled for machines with the MMU off,
//! on which memory can't be accessed unaligned, so that `lz4_flex` 0.14 there copies byte by byte:
//! 10 to 14 instructions a byte of a kernel. This one runs with the MMU on, copies 16 bytes at a
//! time whatever their alignment, and takes between one and two.
//!
//! A block is not trusted: whatever it says, nothing outside of the two slices is accessed.

#![no_std]

mod copy;
mod decode;
mod error;

pub use decode::decompress;
pub use error::DecodeError;
