// SPDX-License-Identifier: BSD-2-Clause

//! The places of all parts, from the payload header.

use kaal_payload::{
    DeviceTreeSlot, ExceptionLevel, MAX_SIZE, PAGE_SIZE, Payload, PhysAddr, PhysRange, RegionKind,
    UserImage, VirtAddr,
};

use crate::memory::ranges;

/// The places of all parts of an image.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) exception_level: ExceptionLevel,
    pub(crate) kernel_entry: VirtAddr,
    pub(crate) user_image: UserImage,
    pub(crate) device_tree: DeviceTreeSlot,
    /// The loader and the payload header behind it.
    pub(crate) loader: PhysRange,
    /// The unpacker's work area, if there is one.
    pub(crate) scratch: Option<PhysRange>,
    pub(crate) regions: Vec<(RegionKind, PhysRange)>,
    /// The number of cores that the kernel waits for.
    pub(crate) cores: u32,
}

impl Layout {
    /// The places in `payload`, whose header lies at `header`.
    pub(crate) fn new(payload: &Payload<'_>, header: PhysAddr) -> Self {
        let regions = payload.regions.iter();
        let loader_end = PhysAddr(header.0.saturating_add(MAX_SIZE as u64));
        Self {
            exception_level: payload.exception_level,
            kernel_entry: payload.kernel_entry,
            user_image: payload.user_image,
            device_tree: payload.device_tree,
            loader: (payload.load_address..loader_end).into(),
            scratch: None,
            regions: regions
                .filter_map(|region| Some((region.kind()?, region.memory()?)))
                .collect(),
            cores: payload.cores,
        }
    }

    /// Adds the unpacker's work area, given in adjoining pieces.
    pub(crate) fn with_scratch(self, scratch: impl IntoIterator<Item = PhysRange>) -> Self {
        let scratch = ranges::union(scratch.into_iter().collect());
        let scratch = scratch.first().copied();
        Self { scratch, ..self }
    }

    /// The regions of `kind`.
    pub(crate) fn regions_of(&self, kind: RegionKind) -> impl Iterator<Item = PhysRange> {
        let regions = self.regions.iter();
        regions
            .filter(move |(found, _)| *found == kind)
            .map(|(_, memory)| *memory)
    }

    /// The loader up to the end of its page tables. Each core needs this until it uses the kernel's own tables.
    pub(crate) fn loader_with_tables(&self) -> PhysRange {
        let tables = self.regions_of(RegionKind::TranslationTables);
        let end = tables.fold(self.loader.end, |end, tables| end.max(tables.end));
        (self.loader.start..end).into()
    }

    /// The pages of the kernel.
    pub(crate) fn kernel(&self) -> PhysRange {
        let pieces = || self.regions_of(RegionKind::Kernel);
        let start = pieces().map(|memory| memory.start).min();
        let end = pieces().map(|memory| memory.end).max();
        let end = end.unwrap_or_default().0;
        let end = PhysAddr(end.checked_next_multiple_of(PAGE_SIZE).unwrap_or(end));
        (start.unwrap_or_default()..end).into()
    }

    /// The device tree that the kernel gets, if it has `size` bytes.
    pub(crate) fn device_tree(&self, size: u64) -> PhysRange {
        let start = self.device_tree.start;
        (start..PhysAddr(start.0.saturating_add(size))).into()
    }

    /// The room for the device tree.
    pub(crate) fn device_tree_slot(&self) -> PhysRange {
        self.device_tree(self.device_tree.capacity)
    }

    /// The virtual address of the user image.
    pub(crate) fn user_start(&self) -> u64 {
        let image = &self.user_image;
        image.memory.start.0.wrapping_sub(image.pv_offset)
    }

    /// All memory that the image occupies, by ascending address, with its purpose.
    pub(crate) fn memory(&self) -> Vec<(String, PhysRange)> {
        // The room for the device tree covers this region.
        let regions = self.regions.iter();
        let regions = regions.filter(|(kind, _)| *kind != RegionKind::DeviceTree);
        let regions = regions.map(|(kind, memory)| (kind.to_string(), *memory));
        let mut memory: Vec<_> = regions.collect();
        let slot = Some(self.device_tree_slot()).filter(|slot| !slot.is_empty());
        memory.extend(slot.map(|slot| ("device tree".to_owned(), slot)));
        memory.push(("loader".to_owned(), self.loader));
        let scratch = self.scratch.into_iter();
        memory.extend(scratch.map(|memory| ("unpacker's work area".to_owned(), memory)));
        memory.sort_by_key(|(_, memory)| *memory);
        memory
    }
}
