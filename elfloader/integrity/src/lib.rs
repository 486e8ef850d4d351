// SPDX-License-Identifier: BSD-2-Clause

//! Verifies memory before the kernel runs: with the processor's instructions if it has them, else with libraries.
//!
//! With the MMU off, all memory is Device memory, where accesses must be aligned (Arm ARM DDI 0487, "Alignment of data
//! accesses"). So memory is read in units whose types are aligned, and byte by byte before and after them.
//!
//! Most instructions of a boot are in this code, so it is a crate of its own, with another level of optimization.

#![no_std]

mod crc32c;
mod sha256;
mod zero;

use kaal_payload::{Digest, Integrity};

use crc32c::crc32c_of_parts;
use sha256::sha256_of_parts;

pub use crc32c::{crc32c, crc32c_by_bytes};
pub use sha256::{BLOCK_SIZE, sha256};
pub use zero::is_zero;

/// The digest of the blocks in `first` and then `bytes`.
pub fn digest(integrity: Integrity, first: &[[u8; BLOCK_SIZE]], bytes: &[u8]) -> Digest {
    match integrity {
        Integrity::None | Integrity::Crc32c => Digest::from_crc32c(crc32c_of_parts(first, bytes)),
        Integrity::Sha256 => Digest::from_sha256(sha256_of_parts(first, bytes)),
    }
}
