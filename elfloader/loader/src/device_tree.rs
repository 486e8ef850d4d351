// SPDX-License-Identifier: BSD-2-Clause

//! Finds the device tree and brings it to where the kernel looks for it.
//!
//! One rule decides which: the firmware's, when x0 points to a valid one, else the one that the
//! builder embedded. Arm's firmware passes it in x0 when it boots an image like Linux (Linux,
//! `Documentation/arch/arm64/booting.rst`).

use core::ptr;
use core::slice;

use kaal_devicetree::{Chosen, DeviceTree, NoRoom};
use kaal_payload::{Decimal, LogLevel, Payload, PhysRange};
use kaal_runtime::firmware::{self, DEVICE_TREE_ALIGNMENT};
use kaal_runtime::{cache, console, copy, fail, log};

/// The device tree that decides.
pub(crate) struct Found {
    /// The firmware's bytes and tree; `None` where the embedded one decides.
    pub(crate) firmware: Option<(&'static [u8], DeviceTree<'static>)>,
}

/// Decides which device tree describes the machine, and prints on its console from now on. Where the
/// firmware's names none, as the Raspberry Pi's, that is the embedded one's.
pub(crate) fn find(firmware_x0: u64, payload: &Payload<'_>) -> Found {
    let firmware = firmware_tree(firmware_x0 as usize);
    let mut machine = payload.machine;
    if let Some((_, tree)) = &firmware {
        machine = kaal_devicetree::machine(tree);
        machine.console = machine.console.or(payload.machine.console);
    }
    console::start(&machine);
    match (&firmware, payload.device_tree.size) {
        (Some(_), _) => log!(LogLevel::Debug, "KaaL: the device tree is the firmware's"),
        (None, 0) => log!(LogLevel::Debug, "KaaL: there is no device tree"),
        (None, _) => log!(LogLevel::Debug, "KaaL: the device tree is the embedded one"),
    }
    Found { firmware }
}

/// The device tree at `address`, if there is a valid one. Nothing writes to it but [`bring`], which uses nothing of
/// this behind that.
fn firmware_tree(address: usize) -> Option<(&'static [u8], DeviceTree<'static>)> {
    let bytes = firmware::device_tree(address)?;
    Some((bytes, DeviceTree::parse(bytes).ok()?))
}

/// Copies the firmware's device tree to the slot that the kernel finds it in, between the kernel
/// and the user image, without padding and with what the image says in `/chosen`. Returns the
/// memory of the device tree that counts, which is empty where there is none. What is `found` must not
/// be looked at behind that: it is by reference so that nothing promises otherwise.
pub(crate) fn place(found: &Found, payload: &Payload<'_>) -> PhysRange {
    let slot = payload.device_tree;
    let size = match &found.firmware {
        None => slot.size,
        Some((bytes, tree)) => bring(ptr::from_ref(*bytes), tree, payload),
    };
    let Some(memory) = PhysRange::from_size(slot.start, size) else {
        fail!("the device tree's slot passes the end of memory");
    };
    memory
}

/// Brings the firmware's `tree`, which `bytes` hold, to the slot and returns its size there.
fn bring(bytes: *const [u8], tree: &DeviceTree<'static>, payload: &Payload<'_>) -> u64 {
    let slot = ptr::with_exposed_provenance_mut::<u8>(payload.device_tree.start.0 as usize);
    let capacity = payload.device_tree.capacity as usize;
    let memory = PhysRange::new(payload.device_tree.start, payload.device_tree.capacity);
    let chosen = Chosen {
        measurement: &payload.measurement,
        boot_arguments: payload.boot_arguments,
    };
    // SAFETY: the builder keeps the slot free for a device tree, and `verify` has found it in RAM.
    // What the firmware left there is not looked at any more.
    let (written, room) = unsafe {
        cache::clean(memory.start.0, memory.end.0);
        let (moved, room) = out_of_the_way(bytes, slot, capacity);
        let tree = moved.as_ref().unwrap_or(tree);
        let written = chosen.write(tree, slice::from_raw_parts_mut(slot, room));
        cache::clean(memory.start.0, memory.end.0);
        (written, room)
    };
    match written {
        Ok(size) => size as u64,
        Err(NoRoom { needed }) => fail!(
            "the firmware's device tree takes {} bytes, the image has room for {}; embed it \
             with --dtb when building the image",
            Decimal(needed as u64),
            Decimal(room as u64)
        ),
    }
}

/// Moves the `bytes` of a device tree to the slot's end if they lie in the slot and there is room before
/// it. Returns the tree there, `None` where it was not moved, and the room that is left.
///
/// # Safety
///
/// The slot must be memory that nothing refers to any more but the device tree, and that only where it
/// is not moved.
unsafe fn out_of_the_way(
    bytes: *const [u8],
    slot: *mut u8,
    capacity: usize,
) -> (Option<DeviceTree<'static>>, usize) {
    let (source, size) = (bytes.cast::<u8>(), bytes.len());
    let end = slot.wrapping_add(capacity);
    if source.wrapping_add(size) <= slot.cast_const() || end.cast_const() <= source {
        return (None, capacity);
    }
    let room = capacity.saturating_sub(size) & !(DEVICE_TREE_ALIGNMENT - 1);
    if room == 0 {
        return (None, 0);
    }
    let place = slot.wrapping_add(room);
    // SAFETY: the bytes fit between there and the slot's end, and nothing refers to them. Device trees
    // are aligned, and so are the slot and its size.
    unsafe { copy::words(source.cast(), place.cast(), size) };
    match firmware_tree(place.addr()) {
        Some((_, moved)) => (Some(moved), room),
        None => fail!("the firmware's device tree was damaged when it was moved"),
    }
}
