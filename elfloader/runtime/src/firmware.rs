// SPDX-License-Identifier: BSD-2-Clause

//! What the firmware must have done.

use crate::fail;
use crate::read_register;
use crate::registers::{SCTLR_M, current_level};

/// Memory is accessed past the caches; what a firmware still has in them would be missed.
pub fn left_translation_off() {
    let control = match current_level() {
        1 => read_register!("sctlr_el1"),
        2 => read_register!("sctlr_el2"),
        _ => read_register!("sctlr_el3"),
    };
    if control & SCTLR_M != 0 {
        fail!(
            "the firmware entered the loader with the MMU on; turn it off first, with U-Boot by \
             `dcache off`"
        );
    }
}
