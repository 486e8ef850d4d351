// SPDX-License-Identifier: BSD-2-Clause

//! Memory mappings of a component.

use alloc::vec::Vec;

use kaal_payload::PhysRange;

use super::{Content, Mapping, Process};
use crate::address_space::Range;
use crate::buddy::Block;
use crate::error::Denial;
use crate::kernel::{Access, Kernel, Object, PAGE_SIZE, Slot};
use crate::pool::{Allocation, Pool, slots_of};
use crate::quota::Resources;

impl Process {
    /// Allocates and maps `size` bytes, a multiple of the page size. Returns their address.
    pub(crate) fn memory<K: Kernel>(
        &mut self,
        pool: &mut Pool<K>,
        size: u64,
        access: Access,
    ) -> Result<u64, Denial> {
        let usage = Resources::pages(size);
        self.map_new(pool, usage, access, Content::Memory, |pool| {
            pool.pages(size)
        })
    }

    /// Charges `usage` for the pages that `make` allocates, and maps them. Returns their address.
    pub(crate) fn map_new<K: Kernel>(
        &mut self,
        pool: &mut Pool<K>,
        usage: Resources,
        access: Access,
        content: Content,
        make: impl FnOnce(&mut Pool<K>) -> Result<Vec<Allocation>, Denial>,
    ) -> Result<u64, Denial> {
        self.charged(usage, |process| {
            let allocations = make(pool)?;
            match process.map_anywhere(pool, &slots_of(&allocations), access) {
                Ok(range) => {
                    let mapping = Mapping {
                        content,
                        range,
                        allocations,
                        usage,
                    };
                    process.memory.insert(range.address(), mapping);
                    Ok(range.address())
                }
                Err(denial) => {
                    pool.release(allocations);
                    Err(denial)
                }
            }
        })
    }

    /// Maps pages at unused addresses. After an error, some pages may still be mapped; deleting
    /// their capabilities unmaps them.
    pub(crate) fn map_anywhere(
        &mut self,
        pool: &mut Pool<impl Kernel>,
        pages: &[Slot],
        access: Access,
    ) -> Result<Range, Denial> {
        let range = self.space.take(pages.len() as u64 * PAGE_SIZE)?;
        self.map(pool, pages, range.address(), access)
            .inspect_err(|_| self.space.give(range))?;
        Ok(range)
    }

    /// Maps pages at consecutive addresses, and creates missing page tables.
    pub(super) fn map(
        &mut self,
        pool: &mut Pool<impl Kernel>,
        pages: &[Slot],
        address: u64,
        access: Access,
    ) -> Result<(), Denial> {
        for (&page, address) in pages.iter().zip((address..).step_by(PAGE_SIZE as usize)) {
            let spans = pool.kernel.table_spans();
            for table in self.space.missing_tables(spans, address) {
                let slot = self.object(pool, Object::PageTable)?;
                pool.kernel.map_table(slot, self.vspace, table.start)?;
                self.space.tables.insert(table);
            }
            pool.kernel.map_page(page, self.vspace, address, access)?;
        }
        Ok(())
    }

    /// Frees the memory mapped at `address`. Returns false if there is none.
    ///
    /// # Errors
    ///
    /// Fails if a device may still access it.
    pub(crate) fn free(
        &mut self,
        pool: &mut Pool<impl Kernel>,
        address: u64,
    ) -> Result<bool, Denial> {
        let is_dma = |mapping: &Mapping| mapping.content == Content::Dma;
        if self.memory.get(&address).is_some_and(is_dma) {
            return Err(Denial::ForDevice);
        }
        let Some(mapping) = self.memory.remove(&address) else {
            return Ok(false);
        };
        self.devices.retain(|&(of, _)| of != address);
        pool.release(mapping.allocations);
        self.space.give(mapping.range);
        self.usage.refund(mapping.usage);
        Ok(true)
    }

    /// Returns where the component has mapped `registers`.
    pub(crate) fn registers_at(&self, registers: PhysRange) -> Option<u64> {
        self.memory.values().find_map(|mapping| {
            let start = mapping.allocations.first()?.block.start;
            let blocks = mapping
                .allocations
                .iter()
                .map(|allocation| allocation.block);
            let end = start + blocks.map(Block::size).sum::<u64>();
            let is_inside = start <= registers.start.0 && registers.end.0 <= end;
            let is_device = mapping.content == Content::Registers;
            (is_device && is_inside).then(|| mapping.range.address() + registers.start.0 - start)
        })
    }

    /// Notes the name of the device whose registers are mapped at `address`.
    pub(crate) fn name_device(&mut self, address: u64, name: &'static str) {
        let mappings = self.memory.range(..=address);
        if let Some((&mapping, _)) = mappings.last()
            && !self.devices.contains(&(mapping, name))
        {
            self.devices.push((mapping, name));
        }
    }

    /// Returns the devices whose registers are mapped.
    pub(crate) fn devices(&self) -> impl Iterator<Item = &'static str> {
        self.devices.iter().map(|&(_, name)| name)
    }

    /// Returns the first block of the memory mapped at `address`.
    pub(crate) fn first_block(&self, address: u64) -> Option<&Allocation> {
        self.memory.get(&address)?.allocations.first()
    }
}
