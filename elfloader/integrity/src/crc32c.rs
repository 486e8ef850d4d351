// SPDX-License-Identifier: BSD-2-Clause

//! CRC-32C (Castagnoli).

use core::arch::aarch64::__crc32cb;
use core::arch::asm;

use crc::{CRC_32_ISCSI, Crc, NoTable};

use kaal_arch::registers::has_crc32;

use crate::sha256::BLOCK_SIZE;

/// Pairs of words that a round of the loop adds.
const PAIRS: usize = 64;

/// Size in bytes of the three instructions that add a pair.
const PAIR_CODE_SIZE: usize = 3 * 4;

/// For processors without CRC instructions, which Armv8.0 makes optional. With the caches off, a table would cost an
/// access to memory for each byte, which takes longer than the instructions in its place.
const BY_BITS: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISCSI);

/// The CRC-32C of `bytes`.
pub fn crc32c(bytes: &[u8]) -> u32 {
    crc32c_of_parts(&[], bytes)
}

/// The CRC-32C of `parts` in little code, byte by byte. With the caches on, it is still faster than loading an image.
pub fn crc32c_by_bytes(parts: &[&[u8]]) -> u32 {
    if has_crc32() {
        // SAFETY: the processor has the instructions.
        let add = |crc, part: &&[u8]| unsafe { add_bytes(crc, part) };
        !parts.iter().fold(!0, add)
    } else {
        let mut digest = BY_BITS.digest();
        parts.iter().for_each(|part| digest.update(part));
        digest.finalize()
    }
}

/// The CRC-32C of the blocks in `first` and then `bytes`.
pub(crate) fn crc32c_of_parts(first: &[[u8; BLOCK_SIZE]], bytes: &[u8]) -> u32 {
    let first = first.as_flattened();
    if has_crc32() {
        // SAFETY: the processor has the instructions.
        unsafe { !add(add(!0, first), bytes) }
    } else {
        let mut digest = BY_BITS.digest();
        digest.update(first);
        digest.update(bytes);
        digest.finalize()
    }
}

/// Adds `bytes` to a CRC.
#[inline(never)]
#[target_feature(enable = "crc")]
fn add(crc: u32, bytes: &[u8]) -> u32 {
    // SAFETY: any sixteen bytes are a number.
    let (head, pairs, tail) = unsafe { bytes.align_to::<u128>() };
    let crc = add_bytes(crc, head);
    let crc = add_pairs(crc, pairs);
    add_bytes(crc, tail)
}

#[target_feature(enable = "crc")]
fn add_bytes(crc: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(crc, |crc, &byte| __crc32cb(crc, byte))
}

/// Adds pairs of words of eight bytes to a CRC, with three instructions for each pair. The compiler's code takes more:
/// verifying 250 KB would exceed the limit of `cargo xtask bench`.
///
/// The loop is entered where as many pairs lie before its end as are left over from whole rounds.
#[target_feature(enable = "crc")]
fn add_pairs(mut crc: u32, pairs: &[u128]) -> u32 {
    let range = pairs.as_ptr_range();
    // SAFETY: this reads the pairs.
    unsafe {
        asm!(
            "adr {entry}, 3f",
            "sub {entry}, {entry}, {before_end}",
            "br {entry}",
            "2:",
            ".rept {pairs}",
            "ldp {one}, {other}, [{place}], #16",
            "crc32cx {crc:w}, {crc:w}, {one}",
            "crc32cx {crc:w}, {crc:w}, {other}",
            ".endr",
            "3:",
            "cmp {place}, {end}",
            "b.ne 2b",
            pairs = const PAIRS,
            before_end = in(reg) pairs.len() % PAIRS * PAIR_CODE_SIZE,
            entry = out(reg) _,
            place = inout(reg) range.start => _,
            end = in(reg) range.end,
            crc = inout(reg) crc,
            one = out(reg) _,
            other = out(reg) _,
            options(readonly, nostack),
        );
    }
    crc
}
