// SPDX-License-Identifier: BSD-2-Clause

//! The user image's virtual memory and the size of its objects.

use kaal_payload::PAGE_SIZE;

use super::{BootConfig, Handover};

/// `seL4_PageBits`. Paging structures, the IPC buffer, the boot information and the ASID pool have
/// the same size.
const PAGE_BITS: u32 = 12;

/// `seL4_MinSchedContextBits`
const SCHEDULING_CONTEXT_BITS: u32 = 7;

/// Size in bytes of the header of the device tree in the extra boot information
/// (`seL4_BootInfoHeader`).
const EXTRA_HEADER_SIZE: u64 = 16;

/// Size in bytes of the extra boot information with a device tree of `device_tree` bytes; 0 without one.
pub(crate) fn extra_size(device_tree: u64) -> u64 {
    match device_tree {
        0 => 0,
        size => size.saturating_add(EXTRA_HEADER_SIZE),
    }
}

/// log2 of a limit for the extra boot information, larger than any memory.
const MOST_BITS: u32 = 60;

/// log2 of the memory that a table entry of each level maps.
const LEVEL_BITS: [u32; 3] = [39, 30, 21];

/// The largest sizes of a device tree, up to `most` bytes, for each size of the kernel's copy.
pub(super) fn device_tree_sizes(most: u64) -> impl Iterator<Item = u64> {
    (PAGE_BITS..MOST_BITS)
        .map(|bits| (1 << bits) - EXTRA_HEADER_SIZE)
        .take_while(move |size| *size < most)
        .chain([most])
}

/// The user image's virtual memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UserLayout {
    /// Virtual address of its first page.
    pub(crate) start: u64,
    /// Size in bytes of its pages.
    pub(crate) size: u64,
    /// Size in bytes of the extra boot information, or 0.
    pub(crate) extra: u64,
}

impl UserLayout {
    /// The virtual memory for `handover`.
    pub(crate) fn new(handover: &Handover) -> Self {
        Self {
            start: handover.user_start,
            size: handover.user_image.size(),
            extra: extra_size(handover.device_tree.size()),
        }
    }

    /// log2 of the memory for the extra boot information, or 0 (`calculate_extra_bi_size_bits`).
    pub(crate) fn extra_bits(&self) -> u32 {
        match self.extra {
            0 => 0,
            size => (u64::BITS - (size - 1).leading_zeros()).clamp(PAGE_BITS, MOST_BITS),
        }
    }

    /// Size in bytes of the memory for the extra boot information.
    pub(crate) fn extra_room(&self) -> u64 {
        match self.extra_bits() {
            0 => 0,
            bits => 1 << bits,
        }
    }

    /// The virtual address behind the image, the IPC buffer, the boot information and the extra
    /// boot information (`it_v_reg`).
    pub(crate) fn end(&self) -> u64 {
        let behind = 2 * PAGE_SIZE + self.extra_room();
        self.start.saturating_add(self.size).saturating_add(behind)
    }

    /// Number of paging structures below the root (`arch_get_n_paging`).
    pub(crate) fn paging(&self, config: &BootConfig) -> u64 {
        let first_level = usize::from(config.starts_at_level_1);
        let count = |bits: u32| {
            let last = self.end().saturating_sub(1) >> bits;
            (last - (self.start >> bits)).saturating_add(1)
        };
        LEVEL_BITS[first_level..].iter().copied().map(count).sum()
    }

    /// Size in bytes of all objects for the user image (`calculate_rootserver_size`).
    pub(crate) fn objects_size(&self, config: &BootConfig) -> u64 {
        let scheduling_context = match config.is_mcs {
            true => 1 << SCHEDULING_CONTEXT_BITS,
            false => 0,
        };
        // The IPC buffer, the boot information and the ASID pool.
        let pages = 3 + self.paging(config);
        (1u64 << config.cnode_size_bits())
            .saturating_add(1 << config.tcb_bits)
            .saturating_add(1 << config.vspace_bits())
            .saturating_add(self.extra_room())
            .saturating_add(scheduling_context)
            .saturating_add(pages.saturating_mul(PAGE_SIZE))
    }

    /// log2 of the alignment of these objects (`rootserver_max_size_bits`).
    pub(crate) fn alignment_bits(&self, config: &BootConfig) -> u32 {
        config
            .cnode_size_bits()
            .max(config.vspace_bits())
            .max(self.extra_bits())
    }
}
