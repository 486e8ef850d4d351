// SPDX-License-Identifier: BSD-2-Clause

//! The state that the firmware leaves.

use core::ptr;
use core::slice;

use kaal_devicetree::Header;

use crate::registers::SCTLR_M;
use crate::{fail, read_own_register};

/// Alignment in bytes of a device tree (Devicetree Specification v0.4, section 5.6).
pub const DEVICE_TREE_ALIGNMENT: usize = 8;

/// Ends the boot if the MMU is on: the loader bypasses the caches, and would miss what the firmware has in them.
pub fn left_translation_off() {
    if read_own_register!("sctlr") & SCTLR_M != 0 {
        fail!(
            "the firmware entered the loader with the MMU on; turn it off first: with U-Boot, run \
             `dcache off`"
        );
    }
}

/// The bytes of the device tree at `address`, if its header is valid.
pub fn device_tree(address: usize) -> Option<&'static [u8]> {
    if address == 0 || !address.is_multiple_of(DEVICE_TREE_ALIGNMENT) {
        return None;
    }
    let start = ptr::with_exposed_provenance(address);
    // SAFETY: programs write to a device tree only after they have read it. If there is no memory, the fault report
    // names this step.
    let header = unsafe { slice::from_raw_parts(start, Header::SIZE) };
    let size = Header::parse(header).ok()?.used_size();
    // SAFETY: as above; the size is from the header.
    Some(unsafe { slice::from_raw_parts(start, size) })
}
