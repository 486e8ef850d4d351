// SPDX-License-Identifier: BSD-2-Clause

//! CRC-32C (Castagnoli).

use core::arch::aarch64::{__crc32cb, __crc32cd};
use core::arch::asm;

use crc::{CRC_32_ISCSI, Crc, Table};

use kaal_runtime::registers::has_crc32;

use crate::sha256::BLOCK_SIZE;

/// Words of eight bytes that are looked at between two branches: of much content, and of what is left.
const MANY: usize = 128;
const FEW: usize = 8;

/// For processors without the instructions, which Armv8.0 leaves optional.
static BY_TABLE: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);

/// The CRC-32C of `bytes`.
pub fn crc32c(bytes: &[u8]) -> u32 {
    crc32c_of_parts(&[], bytes)
}

/// The CRC-32C of the blocks in `first` and the `bytes` behind them.
pub(crate) fn crc32c_of_parts(first: &[[u8; BLOCK_SIZE]], bytes: &[u8]) -> u32 {
    let first = first.as_flattened();
    if has_crc32() {
        // SAFETY: the processor has the instructions.
        unsafe { !add(add(!0, first), bytes) }
    } else {
        let mut digest = BY_TABLE.digest();
        digest.update(first);
        digest.update(bytes);
        digest.finalize()
    }
}

/// Adds `bytes` to a CRC.
#[inline(never)]
#[target_feature(enable = "crc")]
fn add(crc: u32, bytes: &[u8]) -> u32 {
    if bytes.is_empty() {
        return crc;
    }
    // SAFETY: any eight bytes are a number.
    let (head, words, tail) = unsafe { bytes.align_to::<u64>() };
    let add_byte = |crc, &byte: &u8| __crc32cb(crc, byte);
    let add_word = |crc, &word: &u64| __crc32cd(crc, word);
    let (many, words) = words.as_chunks::<MANY>();
    let (few, words) = words.as_chunks::<FEW>();
    let crc = head.iter().fold(crc, add_byte);
    let crc = add_many(crc, many);
    let crc = few
        .iter()
        .fold(crc, |crc, words| words.iter().fold(crc, add_word));
    let crc = words.iter().fold(crc, add_word);
    tail.iter().fold(crc, add_byte)
}

/// Adds words to a CRC, two of them by three instructions: a compiler has a few more between them.
#[target_feature(enable = "crc")]
fn add_many(mut crc: u32, words: &[[u64; MANY]]) -> u32 {
    if words.is_empty() {
        return crc;
    }
    let range = words.as_ptr_range();
    // SAFETY: it reads the words, all of them, as there is a first one.
    unsafe {
        asm!(
            "2:",
            ".rept {pairs}",
            "ldp {one}, {other}, [{place}], #16",
            "crc32cx {crc:w}, {crc:w}, {one}",
            "crc32cx {crc:w}, {crc:w}, {other}",
            ".endr",
            "cmp {place}, {end}",
            "b.ne 2b",
            pairs = const MANY / 2,
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
