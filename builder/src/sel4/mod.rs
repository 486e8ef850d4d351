// SPDX-License-Identifier: BSD-2-Clause

//! What a seL4 kernel does with the memory that it is handed over, as it boots: the same arithmetic,
//! so that what it will refuse, or lose without a word, is known when an image is built.
//!
//! Modelled is seL4 16.0.0: `try_init_kernel` (`src/arch/arm/kernel/boot.c`) and what it calls in
//! `src/kernel/boot.c`. Where a name of theirs is a term here, it is given.

mod addresses;
mod config;
mod free_memory;
mod layout;
mod objects;
#[cfg(test)]
mod tests;
mod untyped;

use kaal_payload::{PhysAddr, PhysRange};

pub(crate) use addresses::{
    HYPERVISOR_BASE, KERNEL_WINDOW, ORDINARY_BASE, PADDR_TOP, user_top, virtual_base,
};
pub(crate) use config::BootConfig;
pub(crate) use free_memory::FreeMemory;
pub(crate) use layout::{EXTRA_HEADER_SIZE, UserLayout};
pub(crate) use objects::{FIXED_SLOTS, Objects, Slots};
pub(crate) use untyped::Untyped;

/// The kernel's platform, as seL4's `platform_gen.yaml` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    /// `avail_p_regs`: the banks of RAM, ascending.
    pub(crate) memory: Vec<PhysRange>,
    /// All physical addresses that are neither RAM nor devices of the kernel's own.
    pub(crate) devices: Option<Vec<PhysRange>>,
}

impl Platform {
    /// What it is taken to be where only `ram` is known, the machine's: all of that from `kernel` on.
    pub(crate) fn of_ram(ram: &[PhysRange], kernel: PhysAddr) -> Self {
        let banks = ram
            .iter()
            .map(|bank| PhysRange::from(bank.start.max(kernel)..bank.end));
        Self {
            memory: banks.filter(|bank| !bank.is_empty()).collect(),
            devices: None,
        }
    }
}

/// What the kernel is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handover {
    /// The kernel itself.
    pub(crate) kernel: PhysRange,
    /// The part of the kernel that it needs to boot only (`get_p_reg_kernel_img_boot`); `None` where
    /// that isn't known.
    pub(crate) boot_part: Option<PhysRange>,
    /// The device tree, empty where there is none.
    pub(crate) device_tree: PhysRange,
    /// The user image.
    pub(crate) user_image: PhysRange,
    /// The virtual address of the user image.
    pub(crate) user_start: u64,
}

impl Handover {
    /// The parts of the kernel that may be the one that it needs to boot only: the linker ends it at a
    /// multiple of 64 KiB (`src/arch/arm/common_arm.lds`, `.boot`).
    pub(crate) fn boot_parts(&self) -> Vec<PhysRange> {
        const ALIGNMENT: u64 = 64 << 10;
        if let Some(boot_part) = self.boot_part {
            return vec![boot_part];
        }
        let start = self.kernel.start;
        let ends = (1..).map(|count| PhysAddr(start.0 / ALIGNMENT * ALIGNMENT + count * ALIGNMENT));
        ends.take_while(|end| *end <= self.kernel.end)
            .map(|end| PhysRange { start, end })
            .collect()
    }
}

/// What a booted kernel leaves to the user image.
#[derive(Clone, Debug)]
pub(crate) struct Booted {
    /// Where the user image's virtual memory ends, and what is mapped behind it.
    pub(crate) layout: UserLayout,
    /// The memory that the kernel manages.
    pub(crate) memory: FreeMemory,
    /// The objects that it makes for the user image, `None` where there is no room for them.
    pub(crate) objects: Option<Objects>,
}

/// Boots as far as memory goes.
pub(crate) fn boot(handover: &Handover, platform: &Platform, config: &BootConfig) -> Booted {
    let layout = UserLayout::new(handover);
    let mut memory = FreeMemory::new(handover, &platform.memory);
    let size = layout.objects_size(config);
    let objects = memory
        .take(size, layout.alignment_bits(config))
        .map(|start| Objects::new(start, &layout, config));
    Booted {
        layout,
        memory,
        objects,
    }
}

/// Where the objects for the user image may lie, whichever device tree is in `slot`, and its size in bytes.
pub(crate) fn possible_objects(
    handover: &Handover,
    slot: PhysRange,
    platform: &Platform,
    config: &BootConfig,
) -> impl Iterator<Item = (u64, PhysRange)> {
    layout::device_tree_sizes(slot.size()).filter_map(move |size| {
        let handover = Handover {
            device_tree: PhysRange::from_size(slot.start, size)?,
            ..*handover
        };
        let objects = boot(&handover, platform, config).objects?;
        Some((size, objects.memory))
    })
}

/// The untyped memory that is left, in the order that the kernel passes it on, where `boot_part` is what
/// it needs to boot only.
///
/// `None` where the platform doesn't tell which devices are the kernel's own.
pub(crate) fn untyped(
    handover: &Handover,
    platform: &Platform,
    config: &BootConfig,
    booted: &Booted,
    boot_part: PhysRange,
) -> Option<Vec<Untyped>> {
    let devices = untyped::devices(handover, platform, config)?;
    let ram = [boot_part]
        .into_iter()
        .chain(booted.memory.free().iter().copied());
    let ram = ram.flat_map(|range| untyped::cut(config.exception_level, range, false));
    Some(devices.into_iter().chain(ram).collect())
}
