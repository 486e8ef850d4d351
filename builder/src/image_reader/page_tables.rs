// SPDX-License-Identifier: BSD-2-Clause

//! Checks that the page tables map what the builder maps: the loader one to one, and the kernel to its
//! window (VMSAv8-64 with a 4 KiB granule; Arm ARM, DDI 0487, section D8.3).

use std::collections::BTreeSet;

use kaal_payload::{MAX_SIZE, PAGE_SIZE, PhysAddr, PhysRange, RegionKind};

use super::{ImageReader, damaged};
use crate::diagnostic::Diagnostic;
use crate::memory::ranges;
use crate::sel4::virtual_base;

/// The last level of tables, counted from 0.
const PAGE_LEVEL: u32 = 3;

/// First virtual address of the upper range.
const UPPER_RANGE: u64 = 0xffff << 48;

/// The bits of an address in a descriptor.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// Bits 1:0 of a descriptor: of a table or a page, and of a block.
const TABLE_OR_PAGE: u64 = 0b11;
const BLOCK: u64 = 0b01;

/// Checks all tables of `image`.
pub(super) fn check(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    let payload = image.payload();
    let of_kind = |kind| {
        let regions = payload.regions.iter();
        let regions = regions.filter(move |region| region.kind() == Some(kind));
        let memory = ranges::union(regions.filter_map(|region| region.memory()).collect());
        let (first, last) = (memory.first()?, memory.last()?);
        Some(PhysRange::from(first.start..last.end))
    };
    let header = PhysRange::new(image.payload_header().start, MAX_SIZE as u64);
    let loader = PhysRange::from(payload.load_address..header.end);
    let kernel = of_kind(RegionKind::Kernel).map(|kernel| {
        let base = virtual_base(payload.exception_level);
        (kernel, base)
    });
    let mut walk = Walk {
        image,
        tables: of_kind(RegionKind::TranslationTables),
        mappings: [Some((loader, 0)), kernel].into_iter().flatten().collect(),
        seen: BTreeSet::new(),
    };
    let roots = [
        (Some(payload.tables.ttbr0), 0),
        (payload.tables.ttbr1, UPPER_RANGE),
    ];
    for (root, virt) in roots {
        let outcome = root.map_or(Ok(()), |root| walk.table(root, 0, virt));
        outcome.map_err(|found| {
            damaged(image.origin(), "its page tables are not the builder's")
                .expected("tables that map only the loader, one to one, and the kernel")
                .found(found)
        })?;
    }
    Ok(())
}

/// A walk through all tables.
struct Walk<'a> {
    image: &'a ImageReader<'a>,
    /// The memory of the tables.
    tables: Option<PhysRange>,
    /// Memory that may be mapped, and its distance from its virtual addresses.
    mappings: Vec<(PhysRange, u64)>,
    /// The tables so far. Each is used once, which also bounds the walk.
    seen: BTreeSet<PhysAddr>,
}

impl Walk<'_> {
    /// Checks the table at `start` and those below it. It maps the virtual addresses from `virt` on.
    fn table(&mut self, start: PhysAddr, level: u32, virt: u64) -> Result<(), String> {
        let memory = PhysRange::from_size(start, PAGE_SIZE);
        let is_table = |memory: &PhysRange| {
            let tables = self.tables;
            tables.is_some_and(|tables| tables.contains(*memory))
        };
        let bytes = memory
            .filter(is_table)
            .and_then(|memory| self.image.bytes(memory));
        let bytes = bytes.ok_or_else(|| format!("a table at {start}, outside of their region"))?;
        if !self.seen.insert(start) {
            return Err(format!("a table at {start} that is used twice"));
        }
        let shift = 12 + 9 * (PAGE_LEVEL - level);
        for (index, bytes) in (0..).zip(bytes.as_chunks().0) {
            let descriptor = u64::from_le_bytes(*bytes);
            let virt = virt | index << shift;
            let target = PhysAddr(descriptor & ADDRESS);
            match descriptor & TABLE_OR_PAGE {
                TABLE_OR_PAGE if level < PAGE_LEVEL => self.table(target, level + 1, virt)?,
                TABLE_OR_PAGE | BLOCK => self.mapping(virt, target, 1 << shift)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks that `size` bytes at `start` may be mapped to `virt`.
    fn mapping(&self, virt: u64, start: PhysAddr, size: u64) -> Result<(), String> {
        let is_right = |&(memory, distance): &(PhysRange, u64)| {
            let mapped = PhysRange::from_size(start, size);
            virt.wrapping_sub(distance) == start.0
                && mapped.is_some_and(|mapped| memory.contains(mapped))
        };
        match self.mappings.iter().any(is_right) {
            true => Ok(()),
            false => Err(format!("{size} bytes at {start} mapped to {virt:#x}")),
        }
    }
}
