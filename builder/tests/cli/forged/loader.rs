// SPDX-License-Identifier: BSD-2-Clause

//! Loaders with other variables.

use kaal_payload::{PhysAddr, PhysRange};

use super::{CHECK, SIGN_AGAIN, change, refused, signed};
use crate::common::formats::{ELF, IMAGE, RAW};
use crate::common::programs::RELOCATED;

/// Bits that change in a text whose CRC-32C stays the same: Castagnoli's polynomial, with x^32 in the
/// lowest bit of the first byte (RFC 3720, section 12.1).
const POLYNOMIAL: [u8; 5] = [0xf1, 0x76, 0xec, 0x05, 0x01];

/// A pointer in the loader's variables leads elsewhere.
#[test]
fn another_pointer_and_the_same_crc32c() {
    for format in [&ELF[..], &RAW, &IMAGE] {
        let folder = signed(format);
        change(&folder, |image, file| {
            let pointer = PhysAddr(image.loader().start.0 + RELOCATED);
            let pointer = PhysRange::new(pointer, POLYNOMIAL.len() as u64);
            let mut extents = image.extents().iter();
            let extent = extents.find(|extent| extent.filled().contains(pointer));
            let extent = extent.expect("the pointer in the file");
            let offset = pointer.start.0 - extent.memory.start.0;
            let place = &mut file[extent.in_file.clone()][offset as usize..];
            for (byte, bits) in place.iter_mut().zip(POLYNOMIAL) {
                *byte ^= bits;
            }
        });
        refused(&folder, &CHECK, "the loader");
        refused(&folder, &SIGN_AGAIN, "the loader");
    }
}
