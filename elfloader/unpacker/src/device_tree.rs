// SPDX-License-Identifier: BSD-2-Clause

//! Moves the firmware's device tree out of the way of the chunks. The loader decides whether to use it.

use core::ptr;

use kaal_payload::{Decimal, PhysRange};
use kaal_runtime::firmware;
use kaal_runtime::{bulk, fail};

/// The bytes of the firmware's device tree, if there is a valid header at `firmware_x0`; else none.
pub(crate) fn of_firmware(firmware_x0: u64, room: PhysRange) -> &'static [u8] {
    let tree = firmware::device_tree(firmware_x0 as usize).map_or(&[][..], |(_, tree)| tree);
    if tree.len() as u64 > room.size() {
        fail!(
            "the firmware's device tree takes {} bytes, at most {} are allowed",
            Decimal(tree.len() as u64),
            Decimal(room.size())
        );
    }
    tree
}

/// Moves the firmware's `tree`, if there is one, to `room`. Returns the value for the loader's x0: its new address, or 0.
///
/// # Safety
///
/// The tree must fit the room, and both must be mapped. Nothing else may use the room.
pub(crate) unsafe fn rescue(tree: &[u8], room: PhysRange) -> u64 {
    if tree.is_empty() {
        return 0;
    }
    let to = ptr::with_exposed_provenance_mut(room.start.0 as usize);
    // SAFETY: the caller vouches for the memory.
    unsafe { bulk::copy(tree.as_ptr(), to, tree.len()) };
    room.start.0
}
