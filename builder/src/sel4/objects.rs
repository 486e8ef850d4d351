// SPDX-License-Identifier: BSD-2-Clause

//! Where the objects lie that the kernel makes for the user image, and the slots that name them.

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

use super::{BootConfig, UserLayout};

/// `seL4_NumInitialCaps`: slots with a fixed meaning.
pub(crate) const FIXED_SLOTS: u64 = 16;

/// The objects that the kernel makes for the user image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Objects {
    /// Their memory.
    pub(crate) memory: PhysRange,
    /// Where the boot information lies among them.
    pub(crate) boot_information: PhysAddr,
}

impl Objects {
    /// The objects from `start` on, in the order of `create_rootserver_objects`: the largest first.
    pub(super) fn new(start: PhysAddr, layout: &UserLayout, config: &BootConfig) -> Self {
        let large = 1u64 << config.cnode_size_bits();
        let vspace = 1u64 << config.vspace_bits();
        // Behind them, the ASID pool and the IPC buffer.
        let boot_information = start.0 + large + vspace + layout.extra_room() + 2 * PAGE_SIZE;
        Self {
            memory: PhysRange::from(start..PhysAddr(start.0 + layout.objects_size(config))),
            boot_information: PhysAddr(boot_information),
        }
    }
}

/// The slots of the root CNode that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slots {
    /// By paging structures.
    pub(crate) paging: u64,
    /// By the pages of the extra boot information.
    pub(crate) extra: u64,
    /// By control of each core's scheduling.
    pub(crate) scheduling: u64,
    /// By the pages of the user image.
    pub(crate) pages: u64,
    /// By untyped memory.
    pub(crate) untyped: u64,
}

impl Slots {
    /// The slots that are taken where `untyped` pieces of untyped memory are left.
    pub(crate) fn new(layout: &UserLayout, config: &BootConfig, untyped: u64) -> Self {
        Self {
            paging: layout.paging(config),
            extra: layout.extra_pages(),
            scheduling: if config.is_mcs {
                config.cores.into()
            } else {
                0
            },
            pages: layout.pages(),
            untyped: untyped.min(config.most_untyped),
        }
    }

    /// All of them.
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
