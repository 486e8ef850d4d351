// SPDX-License-Identifier: BSD-2-Clause

//! Where each address of a payload header may lead.
//!
//! | field | leads to |
//! |---|---|
//! | load address, size of the loader | memory before the page tables that no region overlaps |
//! | roots of the page tables | pages of the one region of page tables |
//! | symbols | at most one region, at the end of the page tables |
//! | device tree | the one region of the device tree; without one, memory that no part uses |
//! | user image | the regions of the user image, without gaps; its entry point is in them |
//! | console, interrupt controller | memory that no part uses |
//! | release addresses of cores | memory that no part uses |

use crate::layout::Region;
use crate::{Gic, PAGE_SIZE, Payload, PhysAddr, PhysRange, RegionKind, TranslationTables};

/// Size in bytes of the registers of a UART or a GIC's distributor or CPU interface, as far as the loader uses them.
const REGISTERS: u64 = PAGE_SIZE;

/// Most bytes of a core's redistributor: four frames of 64 KiB (Arm GIC Architecture Specification, IHI 0069,
/// section 12.10).
const REDISTRIBUTOR: u64 = 4 << 16;

/// Returns the name of the first field that leads to memory that is not for it.
pub(crate) fn check(payload: &Payload<'_>) -> Result<(), &'static str> {
    let slot = payload.device_tree;
    let slot = PhysRange::from_size(slot.start, slot.capacity).ok_or("device tree")?;
    let tables = only(payload, RegionKind::TranslationTables).ok_or("translation tables")?;
    let loader = PhysRange::from(payload.load_address..tables.start);
    let parts = Parts {
        payload,
        loader,
        slot,
    };
    let rules = [
        ("translation tables", roots_lie_in(tables, payload)),
        ("loader", parts.loader_is_alone()),
        ("symbols", symbols_follow(tables, payload)),
        ("device tree", parts.device_tree_is_placed()),
        ("user image", user_image_is_whole(payload)),
        ("console", parts.console_is_elsewhere()),
        ("interrupt controller", parts.gic_is_elsewhere()),
        ("release address", parts.release_addresses_are_elsewhere()),
    ];
    match rules.iter().find(|(_, is_kept)| !is_kept) {
        None => Ok(()),
        Some((field, _)) => Err(field),
    }
}

/// All memory that the parts of an image take.
struct Parts<'a> {
    payload: &'a Payload<'a>,
    /// The loader and the payload header.
    loader: PhysRange,
    /// The memory for a device tree.
    slot: PhysRange,
}

impl Parts<'_> {
    fn loader_is_alone(&self) -> bool {
        let constant = PhysRange::from_size(self.loader.start, self.payload.loader.size);
        constant.is_some_and(|constant| self.loader.contains(constant))
            && !overlaps_a_region(self.payload, self.loader)
    }

    fn device_tree_is_placed(&self) -> bool {
        let slot = self.payload.device_tree;
        if slot.size == 0 {
            return of_kind(self.payload, RegionKind::DeviceTree)
                .next()
                .is_none()
                && !self.slot.overlaps(self.loader)
                && !overlaps_a_region(self.payload, self.slot);
        }
        let mut trees = of_kind(self.payload, RegionKind::DeviceTree);
        trees
            .next()
            .is_some_and(|tree| tree.memory() == Some(self.slot) && tree.file_size() == slot.size)
            && trees.next().is_none()
    }

    fn console_is_elsewhere(&self) -> bool {
        let console = self.payload.machine.console;
        console.is_none_or(|console| self.is_elsewhere(console.base, REGISTERS))
    }

    fn gic_is_elsewhere(&self) -> bool {
        let (distributor, cores, size) = match self.payload.machine.gic {
            None => return true,
            Some(Gic::V2 {
                distributor,
                cpu_interface,
            }) => (distributor, cpu_interface, REGISTERS),
            Some(Gic::V3 {
                distributor,
                redistributors,
            }) => {
                let cores = u64::from(self.payload.cores);
                (distributor, redistributors, cores * REDISTRIBUTOR)
            }
        };
        self.is_elsewhere(distributor, REGISTERS) && self.is_elsewhere(cores, size)
    }

    fn release_addresses_are_elsewhere(&self) -> bool {
        let mut cpus = self.payload.cpus.iter();
        cpus.all(|cpu| {
            let address = cpu.release_address;
            address == PhysAddr(0) || self.is_elsewhere(address, size_of::<u64>() as u64)
        })
    }

    /// Whether no part of the image uses the `size` bytes at `start`.
    fn is_elsewhere(&self, start: PhysAddr, size: u64) -> bool {
        PhysRange::from_size(start, size).is_some_and(|memory| {
            !memory.overlaps(self.loader)
                && !memory.overlaps(self.slot)
                && !overlaps_a_region(self.payload, memory)
        })
    }
}

fn of_kind<'a>(payload: &Payload<'a>, kind: RegionKind) -> impl Iterator<Item = &'a Region> {
    let regions = payload.regions.iter();
    regions.filter(move |region| region.kind() == Some(kind))
}

/// The memory of the only region of a kind.
fn only(payload: &Payload<'_>, kind: RegionKind) -> Option<PhysRange> {
    let mut regions = of_kind(payload, kind);
    let only = regions.next()?;
    only.memory().filter(|_| regions.next().is_none())
}

fn overlaps_a_region(payload: &Payload<'_>, memory: PhysRange) -> bool {
    let mut regions = payload.regions.iter().filter_map(Region::memory);
    regions.any(|region| region.overlaps(memory))
}

fn roots_lie_in(tables: PhysRange, payload: &Payload<'_>) -> bool {
    let TranslationTables { ttbr0, ttbr1 } = payload.tables;
    let is_table = |root: PhysAddr| {
        PhysRange::from_size(root, PAGE_SIZE).is_some_and(|table| tables.contains(table))
    };
    is_table(ttbr0) && ttbr1.is_none_or(is_table)
}

fn symbols_follow(tables: PhysRange, payload: &Payload<'_>) -> bool {
    let mut symbols = of_kind(payload, RegionKind::Symbols).filter_map(Region::memory);
    symbols.next().is_none_or(|first| first.start == tables.end) && symbols.next().is_none()
}

fn user_image_is_whole(payload: &Payload<'_>) -> bool {
    let user_image = payload.user_image;
    let memory = user_image.memory;
    let mut regions = of_kind(payload, RegionKind::UserImage).filter_map(Region::memory);
    let end = regions.try_fold(memory.start, |end, region| {
        (region.start == end).then_some(region.end)
    });
    let entry = PhysAddr(user_image.entry.0.wrapping_add(user_image.pv_offset));
    end == Some(memory.end) && memory.start <= entry && entry < memory.end
}
