// SPDX-License-Identifier: BSD-2-Clause

//! What programs verify memory with before the kernel runs: by the processor's instructions where it
//! has them, by libraries elsewhere.
//!
//! With the MMU off, all memory is Device memory, where an access must be aligned to its size (Arm
//! ARM DDI 0487, "Alignment of data accesses"). So memory is looked at in units that are aligned by
//! their type, and what lies before and behind those byte by byte.
//!
//! Most instructions of a boot are spent here, which is why this is a crate: it is compiled for speed.

#![no_std]

mod crc32c;
mod sha256;
mod zero;

use kaal_payload::{Digest, Integrity};

use crc32c::crc32c_of_parts;
use sha256::sha256_of_parts;

pub use crc32c::crc32c;
pub use sha256::{BLOCK_SIZE, sha256};
pub use zero::is_zero;

/// The digest that `integrity` asks for, of the blocks in `first` and the `bytes` behind them.
pub fn digest(integrity: Integrity, first: &[[u8; BLOCK_SIZE]], bytes: &[u8]) -> Digest {
    match integrity {
        Integrity::None | Integrity::Crc32c => Digest::from_crc32c(crc32c_of_parts(first, bytes)),
        Integrity::Sha256 => Digest::from_sha256(sha256_of_parts(first, bytes)),
    }
}
