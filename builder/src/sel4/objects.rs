// SPDX-License-Identifier: BSD-2-Clause

//! The user image's objects and the slots of the root CNode.

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

use super::{BootConfig, UserLayout};

/// `seL4_NumInitialCaps`: slots with a fixed meaning.
pub(crate) const FIXED_SLOTS: u64 = 16;

/// The objects that the kernel creates for the user image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Objects {
    /// Their memory.
    pub(crate) memory: PhysRange,
    /// Address of the boot information.
    pub(crate) boot_information: PhysAddr,
}

impl Objects {
    /// The objects from `start` on, in the order of `create_rootserver_objects`: the largest first.
    pub(super) fn new(start: PhysAddr, layout: &UserLayout, config: &BootConfig) -> Self {
        let large = 1u64 << config.cnode_size_bits();
        let vspace = 1u64 << config.vspace_bits();
        // The ASID pool and the IPC buffer come before the boot information.
        let boot_information = start.0 + large + vspace + layout.extra_room() + 2 * PAGE_SIZE;
        Self {
            memory: PhysRange::new(start, layout.objects_size(config)),
            boot_information: PhysAddr(boot_information),
        }
    }
}

/// The occupied slots of the root CNode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slots {
    /// Paging structures.
    pub(crate) paging: u64,
    /// Pages of the extra boot information.
    pub(crate) extra: u64,
    /// Scheduling control of each core.
    pub(crate) scheduling: u64,
    /// Pages of the user image.
    pub(crate) pages: u64,
    /// Untyped memory.
    pub(crate) untyped: u64,
}

impl Slots {
    /// The slots with `untyped` pieces of untyped memory.
    pub(crate) fn new(layout: &UserLayout, config: &BootConfig, untyped: u64) -> Self {
        let scheduling = if config.is_mcs { config.cores } else { 0 };
        Self {
            paging: layout.paging(config),
            extra: layout.extra.div_ceil(PAGE_SIZE),
            scheduling: scheduling.into(),
            pages: layout.size / PAGE_SIZE,
            untyped: untyped.min(config.most_untyped),
        }
    }

    /// The number of occupied slots.
    pub(crate) fn sum(&self) -> u64 {
        let Self {
            paging,
            extra,
            scheduling,
            pages,
            untyped,
        } = *self;
        [FIXED_SLOTS, paging, extra, scheduling, pages, untyped]
            .into_iter()
            .fold(0, u64::saturating_add)
    }
}
