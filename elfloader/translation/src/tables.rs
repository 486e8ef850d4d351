// SPDX-License-Identifier: BSD-2-Clause

//! Translation tables that map memory where it is.
//!
//! VMSAv8-64 with a 4 KiB granule and 48 bits of address: four levels of tables of 512 descriptors
//! (Arm ARM, DDI 0487, section D8.3, "Translation table descriptor formats").

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

/// Descriptors in a table.
pub const ENTRIES: usize = 512;

/// A translation table; it lies at a page boundary.
pub type Table = [u64; ENTRIES];

/// The last level, whose descriptors map pages.
const PAGE_LEVEL: u32 = 3;

/// The first level whose descriptors may map memory.
const FIRST_BLOCK_LEVEL: u32 = 1;

/// The end of what four levels can map.
const ADDRESS_SPACE_END: PhysAddr = PhysAddr(1 << 48);

/// Bits 1:0 of a descriptor of each kind.
const KIND: u64 = 0b11;
const TABLE: u64 = 0b11;
const BLOCK: u64 = 0b01;
const PAGE: u64 = 0b11;

/// Bits of a descriptor that are an address.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// `AP[1]`, bit 6: RES1 where there is one exception level only, as at EL2 and EL3.
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

/// What memory is mapped for; always with attribute 0 of `MAIR_ELx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To be read and executed.
    Code,
    /// To be read and written.
    Data,
}

/// Whose tables these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// EL1, which shares its tables with EL0.
    El1,
    /// EL2 or EL3.
    El2OrEl3,
}

/// Why memory can't be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TablesError {
    /// There are no tables left.
    Full,
    /// The memory passes 48 bits of address.
    BeyondAddressSpace,
}

/// Tables in a pool of them.
#[derive(Debug)]
pub struct Tables<'a> {
    pool: &'a mut [Table],
    base: PhysAddr,
    regime: Regime,
    used: usize,
}

impl<'a> Tables<'a> {
    /// Tables that map nothing yet, in `pool`, which is zero and lies at `base`.
    ///
    /// # Errors
    ///
    /// Returns [`TablesError::Full`] where the pool is empty.
    pub fn new(pool: &'a mut [Table], base: PhysAddr, regime: Regime) -> Result<Self, TablesError> {
        let mut tables = Self {
            pool,
            base,
            regime,
            used: 0,
        };
        tables.add()?;
        Ok(tables)
    }

    /// The table to begin with.
    pub fn root(&self) -> PhysAddr {
        self.base
    }

    /// Maps the pages that `memory` lies in. What is mapped already stays as it is.
    ///
    /// # Errors
    ///
    /// Returns a [`TablesError`] where that can't be done.
    pub fn map(&mut self, memory: PhysRange, what_for: Use) -> Result<(), TablesError> {
        if memory.is_empty() {
            return Ok(());
        }
        if memory.end > ADDRESS_SPACE_END {
            return Err(TablesError::BeyondAddressSpace);
        }
        let attributes = self.attributes(what_for);
        let mut next = memory.start.0 / PAGE_SIZE * PAGE_SIZE;
        let end = memory.end.0.next_multiple_of(PAGE_SIZE);
        while next < end {
            next += self.map_first(next, end, attributes)?;
        }
        Ok(())
    }

    /// Maps as much of the memory from `start` to `end` as one block or the pages of one table can.
    /// Returns the size of what is mapped now.
    fn map_first(&mut self, start: u64, end: u64, attributes: u64) -> Result<u64, TablesError> {
        let mut table = 0;
        for level in 0..PAGE_LEVEL {
            let size = 1 << size_bits(level);
            let entry = *self.entry(table, start, level)?;
            if entry & KIND == BLOCK {
                return Ok(size - (start & (size - 1)));
            }
            let fits = start & (size - 1) == 0 && end - start >= size;
            if entry == 0 && fits && level >= FIRST_BLOCK_LEVEL {
                *self.entry(table, start, level)? = start | attributes | BLOCK;
                return Ok(size);
            }
            table = if entry == 0 {
                let new = self.add()?;
                *self.entry(table, start, level)? = self.address(new) | TABLE;
                new
            } else {
                ((entry & ADDRESS).wrapping_sub(self.base.0) / PAGE_SIZE) as usize
            };
        }
        let first = index(start, PAGE_LEVEL);
        let count = (ENTRIES - first).min(((end - start) / PAGE_SIZE) as usize);
        let table = self.pool.get_mut(table).ok_or(TablesError::Full)?;
        let entries = table.iter_mut().skip(first).take(count);
        let mut page = start;
        for entry in entries {
            if *entry == 0 {
                *entry = page | attributes | PAGE;
            }
            page += PAGE_SIZE;
        }
        Ok(page - start)
    }

    /// Adds an empty table.
    fn add(&mut self) -> Result<usize, TablesError> {
        if self.used == self.pool.len() {
            return Err(TablesError::Full);
        }
        self.used += 1;
        Ok(self.used - 1)
    }

    fn address(&self, table: usize) -> u64 {
        self.base.0.wrapping_add(table as u64 * PAGE_SIZE)
    }

    fn entry(&mut self, table: usize, address: u64, level: u32) -> Result<&mut u64, TablesError> {
        let table = self.pool.get_mut(table).ok_or(TablesError::Full)?;
        table
            .get_mut(index(address, level))
            .ok_or(TablesError::Full)
    }

    fn attributes(&self, what_for: Use) -> u64 {
        INNER_SHAREABLE
            | ACCESSED
            | match (self.regime, what_for) {
                (Regime::El1, Use::Code) => READ_ONLY | EXECUTE_NEVER,
                (Regime::El1, Use::Data) => EXECUTE_NEVER | PRIVILEGED_EXECUTE_NEVER,
                (Regime::El2OrEl3, Use::Code) => AP1_RES1 | READ_ONLY,
                (Regime::El2OrEl3, Use::Data) => AP1_RES1 | EXECUTE_NEVER,
            }
    }
}

/// Index of the descriptor for `address` in a table of the level `level`.
const fn index(address: u64, level: u32) -> usize {
    (address >> size_bits(level)) as usize % ENTRIES
}

/// log2 of the size in bytes of what a descriptor of the level `level` maps.
const fn size_bits(level: u32) -> u32 {
    PAGE_SIZE.ilog2() + ENTRIES.ilog2() * (PAGE_LEVEL - level)
}
