// SPDX-License-Identifier: BSD-2-Clause

//! Moves the firmware's device tree to where nothing is unpacked to.
//!
//! Whether it decides, and what is in it, is for the loader to find out.

use core::ptr;

use kaal_payload::{Decimal, PhysRange};
use kaal_runtime::firmware::{self, DEVICE_TREE_ALIGNMENT};
use kaal_runtime::{cache, copy, fail};

/// Moves the device tree that `firmware_x0` points to, if there is one, to `room`. Returns what the
/// loader is to find in x0: its address, or 0.
pub(crate) fn rescue(firmware_x0: u64, room: PhysRange) -> u64 {
    let Some(tree) = firmware::device_tree(firmware_x0 as usize) else {
        return 0;
    };
    let size = tree.len().next_multiple_of(DEVICE_TREE_ALIGNMENT);
    if size as u64 > room.size() {
        fail!(
            "the firmware's device tree takes {} bytes, at most {} are allowed",
            Decimal(size as u64),
            Decimal(room.size())
        );
    }
    let from = ptr::from_ref(tree);
    let to: *mut u8 = ptr::with_exposed_provenance_mut(room.start.0 as usize);
    let end = room.start.0 + size as u64;
    // SAFETY: the header says that there is as much, and the builder keeps the room free. What of it
    // is in caches is neither what is written now nor to be written over it.
    unsafe {
        cache::clean(room.start.0, end);
        copy::words(from.cast(), to.cast(), size);
        cache::clean(room.start.0, end);
    }
    room.start.0
}
