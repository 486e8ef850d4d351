// SPDX-License-Identifier: BSD-2-Clause

//! Rules about the objects, slots and untyped memory that the kernel creates for the user image.

use kaal_payload::PhysRange;

use super::{Checked, Situation, known};
use crate::diagnostic::{Diagnostic, Flag};
use crate::memory::ranges;
use crate::sel4::{self, FIXED_SLOTS, Slots, Untyped};

/// Why a rule about the kernel's work after it creates the root task's objects can't be applied.
const NO_OBJECTS: &str = "the kernel stops before that";

/// `free-regions`
pub(super) fn free_regions(situation: &Situation<'_>) -> Checked {
    let platform = situation.platform()?;
    let memory = sel4::FreeMemory::new(&situation.handover(), &platform.memory);
    let (pieces, most) = (memory.free.len(), memory.most);
    let free = ranges::describe(&memory.free);
    if pieces <= most {
        return Ok(format!("{pieces} of {most}: {free}"));
    }
    let problem = "free memory has too many pieces for the kernel";
    let complaint = situation
        .complaint(Flag::Image, problem)
        .expected(format!("at most {most} pieces of free memory"))
        .found(format!("{pieces}: {free}"))
        .remedy("leave --app-offset out, or reserve less memory near the kernel");
    refused_if_sure(situation, complaint)
}

/// An error if `--platform` gives the RAM. Only a warning if the device tree does, because the kernel's RAM may differ.
fn refused_if_sure(situation: &Situation<'_>, complaint: Diagnostic) -> Checked {
    match situation.platform {
        Some(_) => complaint.refused(),
        None => complaint.warned(),
    }
}

/// `root-objects`
pub(super) fn root_objects(situation: &Situation<'_>) -> Checked {
    let boot = situation.boot()?;
    let layout = &boot.booted.layout;
    let size = layout.objects_size(&boot.config);
    let alignment = 1u64 << layout.alignment_bits(&boot.config);
    if let Some(objects) = boot.booted.objects {
        return Ok(format!(
            "{size} bytes at {}, boot information at {}",
            objects.memory, objects.boot_information
        ));
    }
    let expected = format!("{size} bytes of free memory in one piece, aligned to {alignment:#x}");
    let complaint = situation
        .complaint(Flag::App, "no room for the objects of the root task")
        .expected(expected)
        .found(ranges::describe(&boot.booted.memory.free))
        .remedy("build the kernel with a smaller KernelRootCNodeSizeBits, or for more RAM");
    refused_if_sure(situation, complaint)
}

/// `waiting-cores`
pub(super) fn waiting_cores(situation: &Situation<'_>) -> Checked {
    let layout = &situation.layout;
    if layout.cores == 1 {
        return Ok("none".to_owned());
    }
    let boot = situation.boot()?;
    let objects = known(boot.booted.objects, NO_OBJECTS)?;
    let needed = layout.loader_with_tables();
    let remedy = match situation.image {
        Some(_) => "build the image again with --kernel-config and without --app-offset",
        None => {
            "leave --app-offset out, or build the kernel with a smaller KernelRootCNodeSizeBits or \
             for more RAM"
        }
    };
    let complaint = |problem: &str, found| {
        situation
            .complaint(Flag::Image, problem)
            .expected(format!(
                "the objects of the root task outside of {needed}, the loader and its page tables"
            ))
            .found(found)
            .remedy(remedy)
    };
    if objects.memory.overlaps(needed) {
        let problem = "the kernel overwrites the loader while other cores need it";
        return refused_if_sure(situation, complaint(problem, objects.memory.to_string()));
    }
    if !layout.device_tree.takes_another() {
        return Ok(intact(needed));
    }
    let slot = layout.device_tree_slot();
    let mut possible = sel4::possible_objects(&boot.handover, slot, &boot.platform, &boot.config);
    match possible.find(|(_, memory)| memory.overlaps(needed)) {
        None => Ok(intact(needed)),
        Some((size, memory)) => complaint(
            "with a device tree of another size, the kernel overwrites the loader while other cores need it",
            format!("{memory} with a device tree of {size} bytes"),
        )
        .warned(),
    }
}

fn intact(loader: PhysRange) -> String {
    format!("{loader} stays intact until all cores are in the kernel")
}

/// `root-cnode`
pub(super) fn root_cnode(situation: &Situation<'_>) -> Checked {
    let boot = situation.boot()?;
    // The limits, if the pieces can't be counted.
    let (least, most) = match boot.untyped() {
        Some((least, most)) => (least.len() as u64, most.len() as u64),
        None => (0, boot.config.most_untyped),
    };
    let slots = |untyped| Slots::new(&boot.booted.layout, &boot.config, untyped);
    let room = 1u64 << boot.config.root_cnode_bits;
    let sum = slots(most).sum();
    let Slots {
        paging,
        extra,
        scheduling,
        pages,
        untyped,
    } = slots(most);
    let at_most = if least == most { "" } else { "at most " };
    let numbers = format!(
        "{at_most}{sum} of {room} slots: {FIXED_SLOTS} fixed, {paging} tables, {extra} for the device \
         tree, {scheduling} for scheduling, {pages} for the user image, {untyped} for untyped memory"
    );
    if sum <= room {
        return Ok(numbers);
    }
    let expected = format!("at most {room} slots, 2^CONFIG_ROOT_CNODE_SIZE_BITS");
    let complaint = situation
        .complaint(Flag::App, "too few slots in the root CNode")
        .expected(expected)
        .found(numbers)
        .remedy("build the kernel with a larger KernelRootCNodeSizeBits, or shrink the root task");
    match slots(least).sum() <= room {
        true => complaint.warned(),
        false => refused_if_sure(situation, complaint),
    }
}

/// `untypeds`
pub(super) fn untypeds(situation: &Situation<'_>) -> Checked {
    let boot = situation.boot()?;
    known(boot.booted.objects, NO_OBJECTS)?;
    let missing = "--platform is not given or names no devices";
    let (least, untyped) = known(boot.untyped(), missing)?;
    let most = boot.config.most_untyped;
    let devices = untyped.iter().filter(|untyped| untyped.is_device).count();
    let is_exact = least.len() == untyped.len();
    let at_most = if is_exact { "" } else { "at most " };
    let numbers = format!(
        "{at_most}{} of {most}: {devices} of devices, {} of RAM",
        untyped.len(),
        untyped.len() - devices
    );
    let lost = untyped.iter().skip(most as usize);
    if lost.len() == 0 {
        return Ok(numbers);
    }
    let lost_ram = lost.filter(|untyped| !untyped.is_device);
    let lost_ram: u64 = lost_ram.map(Untyped::size).sum();
    let problem = format!("the root task loses {lost_ram} bytes of RAM");
    situation
        .complaint(Flag::KernelConfig, problem)
        .expected(format!(
            "at most {most} pieces of untyped memory, CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS"
        ))
        .found(numbers)
        .remedy("build the kernel with a larger KernelMaxNumBootinfoUntypedCaps")
        .warned()
}
