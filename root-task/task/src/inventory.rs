// SPDX-License-Identifier: BSD-2-Clause

//! The resources that the kernel gives to the root task.

use core::ops::Range;

use kaal_broker::{Block, Slot, UntypedMemory};
use kaal_devicetree::DeviceTree;
use sel4::{BootInfoExtraId, BootInfoPtr};

/// Returns all empty slots.
pub(crate) fn empty_slots(bootinfo: &BootInfoPtr) -> Range<u64> {
    let empty = bootinfo.empty().range();
    empty.start as u64..empty.end as u64
}

/// Returns all untyped memory.
pub(crate) fn untyped(bootinfo: &BootInfoPtr) -> impl Iterator<Item = UntypedMemory> {
    let slots = bootinfo.untyped().range();
    let pieces = slots.zip(bootinfo.untyped_list());
    pieces.map(|(slot, untyped)| UntypedMemory {
        block: Block {
            bits: untyped.size_bits() as u8,
            start: untyped.paddr() as u64,
        },
        slot: Slot(slot as u64),
        is_device: untyped.is_device(),
    })
}

/// Returns the device tree from the kernel, if it passed one.
pub(crate) fn device_tree(bootinfo: &BootInfoPtr) -> Option<DeviceTree<'_>> {
    /// An extra block starts with its kind and its length, one word each.
    const HEADER: usize = 2 * size_of::<u64>();
    let block = bootinfo
        .extra()
        .find(|block| block.id == BootInfoExtraId::Fdt)?;
    DeviceTree::parse(block.content_with_header.get(HEADER..)?).ok()
}
