// SPDX-License-Identifier: BSD-2-Clause

//! Finds the device tree and brings it to where the kernel looks for it.
//!
//! One rule decides which: the firmware's, when x0 points to a valid one, else the one that the
//! builder embedded. Arm's firmware passes it in x0 when it boots an image like Linux (Linux,
//! `Documentation/arch/arm64/booting.rst`).

use core::ptr;
use core::slice;

use kaal_machine::{DeviceTree, Header};
use kaal_payload::{Decimal, LogLevel, Payload, PhysAddr, PhysRange};

use kaal_runtime::{cache, fail, log, state};

/// Alignment that the format asks for (Devicetree Specification v0.4, section 5.6).
const ALIGNMENT: u64 = 8;

/// The device tree that decides.
pub(crate) struct Found {
    /// The firmware's bytes and tree; `None` where the embedded one decides.
    pub(crate) firmware: Option<(&'static [u8], DeviceTree<'static>)>,
}

/// Decides which device tree describes the machine, and prints on its console from now on.
pub(crate) fn find(firmware_x0: u64, payload: &Payload<'_>) -> Found {
    let firmware = firmware_tree(PhysAddr(firmware_x0));
    match &firmware {
        Some((_, tree)) => state::set_machine(&kaal_machine::machine(tree)),
        None => state::set_machine(&payload.machine),
    }
    match (&firmware, payload.device_tree.size) {
        (Some(_), _) => log!(LogLevel::Debug, "KaaL: the device tree is the firmware's"),
        (None, 0) => log!(LogLevel::Debug, "KaaL: there is no device tree"),
        (None, _) => log!(LogLevel::Debug, "KaaL: the device tree is the embedded one"),
    }
    Found { firmware }
}

/// The device tree at `address`, if there is a valid one.
fn firmware_tree(address: PhysAddr) -> Option<(&'static [u8], DeviceTree<'static>)> {
    if address.0 == 0 || !address.0.is_multiple_of(ALIGNMENT) {
        return None;
    }
    let start = ptr::with_exposed_provenance(address.0 as usize);
    // SAFETY: nothing writes to memory that the firmware may have passed on. Where there is no
    // memory, the fault is reported as one of this step.
    let header = unsafe { slice::from_raw_parts(start, Header::SIZE) };
    let size = Header::parse(header).ok()?.used_size();
    // SAFETY: as above; the header says that there is as much.
    let bytes = unsafe { slice::from_raw_parts(start, size) };
    Some((bytes, DeviceTree::parse(bytes).ok()?))
}

/// Copies the firmware's device tree to the slot that the kernel finds it in: between the kernel
/// and the user image, without padding. Returns the memory of the device tree that counts, which is
/// empty where there is none.
pub(crate) fn place(found: &Found, payload: &Payload<'_>) -> PhysRange {
    let slot = payload.device_tree;
    let size = match found.firmware {
        None => slot.size,
        Some((bytes, _)) => copy(bytes, slot.start, slot.capacity),
    };
    let Some(memory) = PhysRange::from_size(slot.start, size) else {
        fail!("the device tree's slot passes the end of memory");
    };
    memory
}

/// Copies `bytes`, a device tree, to `destination` and returns its size.
fn copy(bytes: &[u8], destination: PhysAddr, capacity: u64) -> u64 {
    let size = bytes.len();
    if size as u64 > capacity {
        fail!(
            "the firmware's device tree takes {} bytes, the image has room for {}; embed it \
             with --dtb when building the image",
            Decimal(size as u64),
            Decimal(capacity)
        );
    }
    let destination = ptr::with_exposed_provenance_mut::<u8>(destination.0 as usize);
    // SAFETY: the builder keeps these bytes free for a device tree, `verify` has found them in
    // RAM, and `bytes` is not used after this.
    let copy = unsafe {
        cache::invalidate(destination, size);
        ptr::copy(bytes.as_ptr(), destination, size);
        cache::invalidate(destination, size);
        slice::from_raw_parts_mut(destination, size)
    };
    Header::set_total_size(copy, size as u32);
    size as u64
}
