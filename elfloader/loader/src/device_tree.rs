// SPDX-License-Identifier: BSD-2-Clause

//! Finds the device tree, and copies the firmware's to its place in the image.
//!
//! The loader uses the firmware's device tree if x0 points to a valid one, and the embedded one otherwise. Firmware
//! passes it in x0 when it boots an image like Linux (`Documentation/arch/arm64/booting.rst`).

use core::ptr;
use core::slice;

use kaal_devicetree::{Chosen, DeviceTree, Facts, FactsError, Header, NoRoom, TreeError};
use kaal_payload::{Decimal, LogLevel, Machine, Payload, PhysAddr, PhysRange, ROOM_SIZE, Text};
use kaal_runtime::firmware::{self, DEVICE_TREE_ALIGNMENT};
use kaal_runtime::{bulk, cache, console, fail, log, state};
use kaal_translation::Use;

use crate::memory_map::MemoryMap;

/// The firmware's device tree.
pub(crate) struct Firmware {
    tree: DeviceTree<'static>,
    pub(crate) facts: &'static Facts,
}

/// The header and the bytes of the firmware's device tree, if there is a valid header at `firmware_x0`.
pub(crate) fn of_firmware(firmware_x0: u64) -> Option<(Header, &'static [u8])> {
    let (header, bytes) = firmware::device_tree(firmware_x0 as usize)?;
    if bytes.len() as u64 > ROOM_SIZE {
        fail!(
            "the firmware's device tree takes {} bytes, at most {} are allowed",
            Decimal(bytes.len() as u64),
            Decimal(ROOM_SIZE)
        );
    }
    Some((header, bytes))
}

/// Reads the `firmware`'s device tree, if it is valid, and prints on the console that it names from now on. If it names
/// none, like the Raspberry Pi's, the console stays; if there is none either, a guess must do.
pub(crate) fn find(
    firmware: Option<(Header, &'static [u8])>,
    payload: &Payload<'_>,
    map: &mut MemoryMap,
) -> Option<Firmware> {
    let firmware = firmware.and_then(|(header, bytes)| {
        let slot = payload.device_tree;
        map.add(PhysRange::new(slot.start, slot.capacity), Use::Data);
        // The tree may lie in the slot.
        let start = PhysAddr(bytes.as_ptr().addr() as u64);
        map.add(PhysRange::new(start, bytes.len() as u64), Use::Constants);
        read(header, bytes)
    });
    match &firmware {
        Some(Firmware { facts, .. }) => console::start(&facts.machine),
        None => state::set_machine(&Machine {
            gic: payload.machine.gic,
            ..state::machine()
        }),
    }
    match (&firmware, payload.device_tree.size) {
        (Some(Firmware { tree, .. }), _) => {
            log!(LogLevel::Debug, "KaaL: the device tree is the firmware's");
            if kaal_devicetree::stdout_path(tree).is_none() {
                log!(LogLevel::Debug, "KaaL: it has no stdout-path");
            }
        }
        (None, 0) => log!(LogLevel::Debug, "KaaL: there is no device tree"),
        (None, _) => log!(LogLevel::Debug, "KaaL: the device tree is the embedded one"),
    }
    firmware
}

/// Reads the device tree in `bytes`, if it is valid. If it names no supported console, the current one is better than a
/// guess. Only [`bring`] writes to the bytes, and doesn't use them afterwards.
fn read(header: Header, bytes: &'static [u8]) -> Option<Firmware> {
    // The stack has no room for them.
    static mut FACTS: Facts = Facts::NONE;

    // SAFETY: the first core calls this once, and no other core calls it.
    let facts = unsafe {
        let facts = &raw mut FACTS;
        &mut *facts
    };
    facts.machine.console = state::machine().console;
    let mut tree = DeviceTree::unchecked(header, bytes);
    match facts.read(&mut tree) {
        Ok(()) => Some(Firmware { tree, facts }),
        Err(FactsError::Malformed(TreeError::Misplaced { .. })) => {
            fail!("the firmware's device tree has a property behind a subnode; sort it with dtc")
        }
        Err(FactsError::Malformed(_)) => None,
        Err(FactsError::TooMany(list)) => fail!(
            "the firmware's device tree names more than {}; pass a smaller one",
            Text(list.limit())
        ),
    }
}

/// Copies the firmware's device tree to its place between kernel and user image, without padding and with KaaL's
/// properties of `/chosen`, if the image has room for another than its own. Returns the memory of the kernel's device
/// tree, empty if there is none.
pub(crate) fn place(firmware: Option<&mut Firmware>, payload: &Payload<'_>) -> PhysRange {
    let slot = payload.device_tree;
    let size = match firmware {
        Some(Firmware { tree, .. }) if slot.takes_another() => bring(tree, payload),
        _ => slot.size,
    };
    let Some(memory) = PhysRange::from_size(slot.start, size) else {
        fail!("the device tree's slot exceeds the address space");
    };
    memory
}

/// Copies the firmware's `tree` to its place. Returns its size there.
fn bring(tree: &mut DeviceTree<'static>, payload: &Payload<'_>) -> u64 {
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
        let room = leave_slot(tree, slot, capacity);
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

/// Moves `tree` to the end of the slot if it overlaps it, so that the copy has room at its start. Returns the room for
/// the copy.
///
/// # Safety
///
/// The slot must be memory that nothing refers to, except `tree`.
unsafe fn leave_slot(tree: &mut DeviceTree<'static>, slot: *mut u8, capacity: usize) -> usize {
    let (source, size) = (tree.bytes.as_ptr(), tree.bytes.len());
    let end = slot.wrapping_add(capacity);
    if source.wrapping_add(size) <= slot.cast_const() || end.cast_const() <= source {
        return capacity;
    }
    let room = capacity.saturating_sub(size) & !(DEVICE_TREE_ALIGNMENT - 1);
    if room > 0 {
        let place = slot.wrapping_add(room);
        // SAFETY: the bytes fit between there and the slot's end, and nothing else refers to these.
        unsafe {
            bulk::copy(source, place, size);
            tree.bytes = slice::from_raw_parts(place, size);
        }
    }
    room
}
