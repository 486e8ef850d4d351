// SPDX-License-Identifier: BSD-2-Clause

//! Finds the device tree, and copies the firmware's to its place in the image.
//!
//! The loader uses the firmware's device tree if x0 points to a valid one, and the embedded one otherwise. Firmware
//! passes it in x0 when it boots an image like Linux (`Documentation/arch/arm64/booting.rst`).

use core::ptr;
use core::slice;

use kaal_devicetree::{Chosen, DeviceTree, NoRoom};
use kaal_payload::{Decimal, LogLevel, Machine, Payload, PhysAddr, PhysRange, ROOM_SIZE};
use kaal_runtime::firmware::{self, DEVICE_TREE_ALIGNMENT};
use kaal_runtime::{bulk, cache, console, fail, log, state};
use kaal_translation::Use;

use crate::memory_map::MemoryMap;

/// The device tree that the loader uses.
pub(crate) struct Found {
    /// The firmware's bytes and tree; `None` if the loader uses the embedded one.
    pub(crate) firmware: Option<(&'static [u8], DeviceTree<'static>)>,
}

/// The bytes of the firmware's device tree, if there is a valid header at `firmware_x0`.
pub(crate) fn of_firmware(firmware_x0: u64) -> Option<&'static [u8]> {
    let bytes = firmware::device_tree(firmware_x0 as usize)?;
    if bytes.len() as u64 > ROOM_SIZE {
        fail!(
            "the firmware's device tree takes {} bytes, at most {} are allowed",
            Decimal(bytes.len() as u64),
            Decimal(ROOM_SIZE)
        );
    }
    Some(bytes)
}

/// Chooses the device tree, and prints on the console of the firmware's from now on. If there is none, or if it names no
/// console, like the Raspberry Pi's, the console stays.
pub(crate) fn find(
    firmware: Option<&'static [u8]>,
    payload: &Payload<'_>,
    map: &mut MemoryMap,
) -> Found {
    let firmware = firmware.and_then(|bytes| {
        let memory = PhysRange::new(PhysAddr(bytes.as_ptr().addr() as u64), bytes.len() as u64);
        map.add(memory, Use::Constants);
        Some((bytes, DeviceTree::parse(bytes).ok()?))
    });
    if let Some((_, tree)) = &firmware {
        let machine = kaal_devicetree::machine(tree);
        console::start(&Machine {
            console: machine.console.or(state::machine().console),
            ..machine
        });
    } else {
        state::set_machine(&Machine {
            gic: payload.machine.gic,
            ..state::machine()
        });
    }
    match (&firmware, payload.device_tree.size) {
        (Some(_), _) => log!(LogLevel::Debug, "KaaL: the device tree is the firmware's"),
        (None, 0) => log!(LogLevel::Debug, "KaaL: there is no device tree"),
        (None, _) => log!(LogLevel::Debug, "KaaL: the device tree is the embedded one"),
    }
    Found { firmware }
}

/// The device tree at `address`, if it is valid. Only [`bring`] writes there, and doesn't use this afterwards.
fn firmware_tree(address: usize) -> Option<(&'static [u8], DeviceTree<'static>)> {
    let bytes = firmware::device_tree(address)?;
    Some((bytes, DeviceTree::parse(bytes).ok()?))
}

/// Copies the firmware's device tree to its place between kernel and user image, without padding and with KaaL's
/// properties of `/chosen`. Returns the memory of the device tree, empty if there is none. Don't use `found`
/// afterwards: it is a reference because the copy may overwrite its bytes.
pub(crate) fn place(found: &Found, payload: &Payload<'_>) -> PhysRange {
    let slot = payload.device_tree;
    let size = match &found.firmware {
        None => slot.size,
        Some((bytes, tree)) => bring(ptr::from_ref(*bytes), tree, payload),
    };
    let Some(memory) = PhysRange::from_size(slot.start, size) else {
        fail!("the device tree's slot exceeds the address space");
    };
    memory
}

/// Copies the firmware's `tree`, which lies in `bytes`, to its place. Returns its size there.
fn bring(bytes: *const [u8], tree: &DeviceTree<'static>, payload: &Payload<'_>) -> u64 {
    let slot = ptr::with_exposed_provenance_mut::<u8>(payload.device_tree.start.0 as usize);
    let capacity = payload.device_tree.capacity as usize;
    let memory = PhysRange::new(payload.device_tree.start, payload.device_tree.capacity);
    let chosen = Chosen {
        measurement: &payload.measurement,
        boot_arguments: payload.boot_arguments,
    };
    // SAFETY: the builder keeps the slot free for a device tree, and `verify` has found it in RAM. What the firmware
    // left there is not used afterwards.
    let (written, room) = unsafe {
        let (moved, room) = out_of_the_way(bytes, slot, capacity);
        let tree = moved.as_ref().unwrap_or(tree);
        let written = chosen.write(tree, slice::from_raw_parts_mut(slot, room));
        cache::clean(memory.start.0, memory.end.0);
        (written, room)
    };
    match written {
        Ok(size) => size as u64,
        Err(NoRoom { needed }) => fail!(
            "the firmware's device tree takes {} bytes, the image has room for {}; build the \
             image with it as --dtb",
            Decimal(needed as u64),
            Decimal(room as u64)
        ),
    }
}

/// Moves the `bytes` of a device tree to the end of the slot if they overlap it, so that the copy has room at
/// its start. Returns the tree there, or `None` if it wasn't moved, and the room for the copy.
///
/// # Safety
///
/// The slot must be memory that nothing refers to, except the device tree if it isn't moved.
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
    // SAFETY: the bytes fit between there and the slot's end, and nothing refers to these. Device trees, the
    // slot and its size are aligned.
    unsafe { bulk::copy(source, place, size) };
    match firmware_tree(place.addr()) {
        Some((_, moved)) => (Some(moved), room),
        None => fail!("the firmware's device tree was damaged when it was moved"),
    }
}
