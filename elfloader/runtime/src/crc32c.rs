// SPDX-License-Identifier: BSD-2-Clause

//! CRC-32C (Castagnoli), by the processor's instructions where it has them.

use core::arch::aarch64::{__crc32cb, __crc32cd};

use crc::{CRC_32_ISCSI, Crc, NoTable};

use crate::registers::has_crc32;

/// The CRC-32C of `bytes`.
pub fn crc32c(bytes: &[u8]) -> u32 {
    if has_crc32() {
        // SAFETY: the processor has the instructions.
        unsafe { by_instruction(bytes) }
    } else {
        Crc::<u32, NoTable>::new(&CRC_32_ISCSI).checksum(bytes)
    }
}

#[target_feature(enable = "crc")]
fn by_instruction(bytes: &[u8]) -> u32 {
    // SAFETY: any eight bytes are a number.
    let (head, words, tail) = unsafe { bytes.align_to::<u64>() };
    let crc = head.iter().fold(!0, |crc, &byte| __crc32cb(crc, byte));
    let (quads, words) = words.as_chunks();
    let crc = quads.iter().fold(crc, |crc, &[a, b, c, d]| {
        __crc32cd(__crc32cd(__crc32cd(__crc32cd(crc, a), b), c), d)
    });
    let crc = words.iter().fold(crc, |crc, &word| __crc32cd(crc, word));
    !tail.iter().fold(crc, |crc, &byte| __crc32cb(crc, byte))
}
