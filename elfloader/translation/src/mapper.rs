// SPDX-License-Identifier: BSD-2-Clause

//! Makes page tables in any pool.
//!
//! The format is VMSAv8-64 with a 4 KiB granule and 48 bits of address: four levels of tables with
//! 512 descriptors each (Arm ARM, DDI 0487, section D8.3, "Translation table descriptor formats").

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

/// Descriptors in a table.
pub const ENTRIES: usize = 512;

/// A page table. It is aligned to a page.
pub type Table = [u64; ENTRIES];

/// The last level, whose descriptors map pages.
const PAGE_LEVEL: u32 = 3;

/// The first level that can have blocks.
const FIRST_BLOCK_LEVEL: u32 = 1;

/// Bits 1:0 of each kind of descriptor.
const KIND: u64 = 0b11;
const TABLE: u64 = 0b11;
const BLOCK: u64 = 0b01;
const PAGE: u64 = 0b11;

/// The bits of an address in a descriptor.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// Lowest bit of `AttrIndx`, which has three bits.
const ATTRIBUTE_INDEX: u32 = 2;

/// `AP[1]`, bit 6: RES1 at EL2 and EL3, whose tables serve a single exception level.
const AP1_RES1: u64 = 1 << 6;

/// `AP[2]`, bit 7.
const READ_ONLY: u64 = 1 << 7;

/// `SH`, bits 9:8.
const INNER_SHAREABLE: u64 = 0b11 << 8;

/// `AF`, bit 10.
const ACCESSED: u64 = 1 << 10;

/// `PXN`, bit 53, at EL1.
const PRIVILEGED_EXECUTE_NEVER: u64 = 1 << 53;

/// `UXN`, bit 54, at EL1; `XN` at EL2 and EL3.
const EXECUTE_NEVER: u64 = 1 << 54;

/// Permitted accesses besides reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Writing is permitted.
    pub writable: bool,
    /// Execution is permitted.
    pub executable: bool,
}

/// The exception level of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// EL1, which shares its tables with EL0.
    El1,
    /// EL2 or EL3.
    El2OrEl3,
}

/// Storage for contiguous tables.
pub trait Pool {
    /// Why there is no table.
    type Error;

    /// Adds an empty table and returns its index.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no memory for it.
    fn add(&mut self) -> Result<usize, Self::Error>;

    /// The table with an index from [`Self::add`].
    ///
    /// # Errors
    ///
    /// Returns an error for any other index.
    fn table(&mut self, index: usize) -> Result<&mut Table, Self::Error>;
}

/// Maps memory in the tables of a pool.
#[derive(Debug)]
pub struct Mapper<P> {
    /// The tables.
    pub pool: P,
    /// Address of the first table.
    pub base: PhysAddr,
    /// The exception level of the tables.
    pub regime: Regime,
    /// Index in `MAIR_ELx` of the memory's attribute, 0 to 7.
    pub attribute: u64,
}

impl<P: Pool> Mapper<P> {
    /// The address of the table with the index `table`.
    pub fn address(&self, table: usize) -> PhysAddr {
        PhysAddr(self.base.0.wrapping_add(table as u64 * PAGE_SIZE))
    }

    /// Maps `memory`, in whole pages, to the virtual addresses from `virt` on. `root` is the index
    /// of the root table. Existing mappings stay as they are.
    ///
    /// # Errors
    ///
    /// Returns the pool's error if it has too few tables.
    pub fn map(
        &mut self,
        root: usize,
        virt: u64,
        memory: PhysRange,
        access: Access,
    ) -> Result<(), P::Error> {
        let attributes = self.attributes(access);
        let mut mapped = 0;
        while memory.start.0.wrapping_add(mapped) < memory.end.0 {
            let rest = PhysRange {
                start: PhysAddr(memory.start.0.wrapping_add(mapped)),
                end: memory.end,
            };
            mapped += self.map_first(root, virt.wrapping_add(mapped), rest, attributes)?;
        }
        Ok(())
    }

    /// Maps as much of `memory` as one block or one table of pages can. Returns the size in bytes
    /// of that part.
    fn map_first(
        &mut self,
        root: usize,
        virt: u64,
        memory: PhysRange,
        attributes: u64,
    ) -> Result<u64, P::Error> {
        let mut table = root;
        for level in 0..PAGE_LEVEL {
            let size = 1 << size_bits(level);
            let entry = *self.entry(table, virt, level)?;
            if entry & KIND == BLOCK {
                return Ok(size - (virt & (size - 1)));
            }
            let fits = (virt | memory.start.0) & (size - 1) == 0 && memory.size() >= size;
            if entry == 0 && fits && level >= FIRST_BLOCK_LEVEL {
                *self.entry(table, virt, level)? = memory.start.0 | attributes | BLOCK;
                return Ok(size);
            }
            table = if entry == 0 {
                let new = self.pool.add()?;
                *self.entry(table, virt, level)? = self.address(new).0 | TABLE;
                new
            } else {
                ((entry & ADDRESS).wrapping_sub(self.base.0) / PAGE_SIZE) as usize
            };
        }
        let first = index(virt, PAGE_LEVEL);
        let count = (ENTRIES - first).min((memory.size() / PAGE_SIZE) as usize);
        let table = self.pool.table(table)?;
        let mut page = memory.start.0;
        for entry in table.get_mut(first..first + count).unwrap_or_default() {
            if *entry == 0 {
                *entry = page | attributes | PAGE;
            }
            page += PAGE_SIZE;
        }
        Ok(page - memory.start.0)
    }

    fn entry(&mut self, table: usize, virt: u64, level: u32) -> Result<&mut u64, P::Error> {
        let table = self.pool.table(table)?;
        Ok(&mut table[index(virt, level)])
    }

    fn attributes(&self, access: Access) -> u64 {
        let write = if access.writable { 0 } else { READ_ONLY };
        let execute = match (self.regime, access.executable) {
            (Regime::El1, true) => EXECUTE_NEVER,
            (Regime::El1, false) => EXECUTE_NEVER | PRIVILEGED_EXECUTE_NEVER,
            (Regime::El2OrEl3, true) => AP1_RES1,
            (Regime::El2OrEl3, false) => AP1_RES1 | EXECUTE_NEVER,
        };
        self.attribute << ATTRIBUTE_INDEX | INNER_SHAREABLE | ACCESSED | write | execute
    }
}

/// Index of the descriptor for `virt` in a table of `level`.
const fn index(virt: u64, level: u32) -> usize {
    (virt >> size_bits(level)) as usize % ENTRIES
}

/// log2 of the memory in bytes that a descriptor of `level` maps.
const fn size_bits(level: u32) -> u32 {
    PAGE_SIZE.ilog2() + ENTRIES.ilog2() * (PAGE_LEVEL - level)
}
