// SPDX-License-Identifier: BSD-2-Clause

//! Moves the firmware's device tree out of the way of the chunks. The loader decides whether to use it.

use core::ptr;

use kaal_payload::{Decimal, PhysRange};
use kaal_runtime::firmware::{self, DEVICE_TREE_ALIGNMENT};
use kaal_runtime::{cache, copy, fail};

/// Moves the device tree at `firmware_x0`, if there is one, to `room`. Returns the value for the loader's x0: its new
/// address, or 0.
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
    // SAFETY: the size is from the header, and the builder keeps the room free. Neither the writes nor the
    // caches may hide each other.
    unsafe {
        cache::clean(room.start.0, end);
        copy::words(from.cast(), to.cast(), size);
        cache::clean(room.start.0, end);
    }
    room.start.0
}
