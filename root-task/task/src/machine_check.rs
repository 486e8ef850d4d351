// SPDX-License-Identifier: BSD-2-Clause

//! Checks the kernel's untyped memory against the machine's RAM, and the slots against all quotas.

use alloc::vec::Vec;

use kaal_broker::{PAGE_SIZE, Resources};
use kaal_devicetree::{DeviceTree, Facts, MemoryKind};
use sel4::{BootInfoPtr, sel4_cfg_usize};

use crate::console::say;
use crate::inventory;
use crate::report::{is_seeded, report};
use crate::system::Embedded;

/// Maximum memory in bytes for the kernel's image, page tables and stacks.
const KERNEL_LIMIT: u64 = 4 * 1024 * 1024;

/// Size of a slot in a CNode, in bytes (seL4 manual, section 2.4.2).
const SLOT_BYTES: u64 = 32;

/// Checks that untyped memory is RAM unless marked as device memory, and that no two pieces
/// overlap. All RAM must be untyped, device memory (if the kernel isn't configured for it), or used
/// by the root task or the kernel, which may use [`KERNEL_LIMIT`]. But the kernel drops the untyped
/// memory that its list has no room for, without a message on kernels to ship.
pub(crate) fn ram(bootinfo: &BootInfoPtr, tree: Option<&DeviceTree<'_>>) -> bool {
    let Some(facts) = tree.and_then(|tree| Facts::of(tree).ok()) else {
        let detail = format_args!("the kernel passed on no device tree");
        return report("ram", false, detail);
    };
    let mut pieces: Vec<_> = inventory::untyped(bootinfo).collect();
    pieces.sort_unstable_by_key(|piece| piece.block.start);
    let apart =
        pieces.is_sorted_by(|low, high| low.block.start + low.block.size() <= high.block.start);
    let is_ram = |start: u64| {
        let mut banks = facts.memory_of(MemoryKind::Ram);
        banks.any(|bank| (bank.start.0..bank.end.0).contains(&start))
    };
    let right_kind = pieces
        .iter()
        .all(|piece| is_ram(piece.block.start) || piece.is_device);
    let ram: u64 = facts
        .memory_of(MemoryKind::Ram)
        .map(|bank| bank.size())
        .sum();
    let sum = |is_device: bool| -> u64 {
        let kind = pieces.iter().filter(|piece| piece.is_device == is_device);
        let in_ram = kind.filter(|piece| is_ram(piece.block.start));
        in_ram.map(|piece| piece.block.size()).sum()
    };
    let (untyped, held_back) = (sum(false), sum(true));
    let cnode = SLOT_BYTES << bootinfo.inner().initThreadCNodeSizeBits;
    let image = bootinfo.user_image_frames().len() as u64 * PAGE_SIZE;
    let accounted = untyped + held_back + cnode + image + if is_seeded("ram") { ram } else { 0 };
    let kernel = ram.checked_sub(accounted);
    let is_full = pieces.len() >= sel4_cfg_usize!(MAX_NUM_BOOTINFO_UNTYPED_CAPS);
    let is_sound = |kernel| kernel <= KERNEL_LIMIT || is_full;
    let passed = apart && right_kind && kernel.is_some_and(is_sound);
    let dropped = if is_full {
        " or dropped, for lack of room in its list"
    } else {
        ""
    };
    report(
        "ram",
        passed,
        format_args!(
            "{} KiB: {} untyped, {} held back, {} CSpace, {} root task, {} kernel{dropped}",
            ram / 1024,
            untyped / 1024,
            held_back / 1024,
            cnode / 1024,
            image / 1024,
            kernel.unwrap_or_default() / 1024,
        ),
    )
}

/// Checks that the `free` slots suffice for all quotas. Else a component might lack what its quota
/// promises.
pub(crate) fn slots(free: &Resources, components: &[Embedded]) -> bool {
    let quotas = components.iter().map(|component| component.config.quota);
    let most: u64 = quotas.map(|quota| quota.most_slots()).sum();
    if most > free.slots {
        say!(
            "the root task has {} free slots, and the quotas may take {most}: lower `slots` in \
             system.toml, or raise KernelRootCNodeSizeBits",
            free.slots
        );
    }
    most <= free.slots
}
