// SPDX-License-Identifier: BSD-2-Clause

//! Predicts what seL4's boot code does with memory.
//!
//! The builder does the same arithmetic, so that it knows when the kernel would refuse an image or
//! lose memory. The model is seL4 16.0.0: `try_init_kernel` (`src/arch/arm/kernel/boot.c`) and the
//! functions that it calls in `src/kernel/boot.c`. Comments name the functions and constants of
//! seL4.

mod addresses;
mod config;
mod free_memory;
mod layout;
mod objects;
mod proofs;
#[cfg(test)]
mod tests;
mod untyped;

use std::iter;

use kaal_payload::{PhysAddr, PhysRange};

pub(crate) use addresses::{
    HYPERVISOR_BASE, KERNEL_WINDOW, ORDINARY_BASE, PADDR_TOP, user_top, virtual_base,
};
pub(crate) use config::BootConfig;
pub(crate) use free_memory::FreeMemory;
pub(crate) use layout::{UserLayout, extra_size};
pub(crate) use objects::{FIXED_SLOTS, Objects, Slots};
pub(crate) use proofs::Proofs;
pub(crate) use untyped::Untyped;

/// The kernel's platform, as in seL4's `platform_gen.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    /// The banks of RAM in ascending order (`avail_p_regs`).
    pub(crate) memory: Vec<PhysRange>,
    /// All physical addresses that are neither RAM nor the kernel's own devices.
    pub(crate) devices: Option<Vec<PhysRange>>,
}

impl Platform {
    /// The assumed platform if only the machine's `ram` is known: all of it from `kernel` on.
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

/// The memory that the loader hands to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handover {
    /// The kernel itself.
    pub(crate) kernel: PhysRange,
    /// The part of the kernel that only its boot needs, if known (`get_p_reg_kernel_img_boot`).
    pub(crate) boot_part: Option<PhysRange>,
    /// The device tree, empty if there is none.
    pub(crate) device_tree: PhysRange,
    /// The user image.
    pub(crate) user_image: PhysRange,
    /// The virtual address of the user image.
    pub(crate) user_start: u64,
}

impl Handover {
    /// All candidates for the part that only the boot needs. The linker ends it at a multiple of 64
    /// KiB (`src/arch/arm/common_arm.lds`, `.boot`).
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

/// The state after the kernel's boot.
#[derive(Clone, Debug)]
pub(crate) struct Booted {
    /// The user image's virtual memory.
    pub(crate) layout: UserLayout,
    /// The kernel's free memory.
    pub(crate) memory: FreeMemory,
    /// The objects for the user image; `None` if there is no room.
    pub(crate) objects: Option<Objects>,
}

/// Simulates the boot, as far as memory is concerned.
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

/// The possible places of the user image's objects, for each size of a device tree in `slot`.
/// Returns the size in bytes and the place.
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

/// The remaining untyped memory in the kernel's order. `boot_part` is the part of the kernel that
/// only its boot needs.
///
/// Returns `None` if the platform doesn't list devices.
pub(crate) fn untyped(
    handover: &Handover,
    platform: &Platform,
    config: &BootConfig,
    booted: &Booted,
    boot_part: PhysRange,
) -> Option<Vec<Untyped>> {
    let devices = untyped::devices(handover, platform, config)?;
    let ram = iter::once(&boot_part).chain(&booted.memory.free);
    let ram = ram.flat_map(|range| untyped::cut(config.exception_level, *range, false));
    Some(devices.into_iter().chain(ram).collect())
}
