// SPDX-License-Identifier: BSD-2-Clause

//! Applies the unpacker's own relocations, for the address that it runs at.

use kaal_runtime::address_of;

/// Applies all relocations (System V ABI, `SHT_RELR`). Code before this must not need one.
pub(crate) fn apply() {
    let image = address_of!("__ehdr_start").cast_mut();
    let mut entry: *const usize = address_of!("__relocations_start").cast();
    let end = address_of!("__relocations_end").cast();
    let mut place: *mut usize = image.cast();
    // SAFETY: the table is the linker's, and each relocation changes a word of this image.
    unsafe {
        while entry < end {
            let mut bits = *entry;
            let is_place = bits & 1 == 0;
            if is_place {
                place = image.wrapping_add(bits).cast();
                bits = 0b11;
            }
            // Bit 0 is no word's, the others are those of the next words.
            for word in 0..usize::BITS as usize - 1 {
                if bits >> word & 0b10 != 0 {
                    *place.wrapping_add(word) += image.addr();
                }
            }
            place = place.wrapping_add(if is_place {
                1
            } else {
                usize::BITS as usize - 1
            });
            entry = entry.add(1);
        }
    }
}
