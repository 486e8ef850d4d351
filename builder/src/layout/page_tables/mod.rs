// SPDX-License-Identifier: BSD-2-Clause

//! The translation tables that the kernel is entered with: the loader at its own addresses, and
//! the kernel at those that it is linked for. Nothing else is mapped, so nothing is fetched from
//! a device speculatively.
//!
//! VMSAv8-64 with a 4 KiB granule and 48 bits of address: four levels of tables of 512
//! descriptors (Arm ARM, DDI 0487, section D8.3, "Translation table descriptor formats").

use kaal_payload::{ExceptionLevel, PAGE_SIZE, PhysAddr, PhysRange, TranslationTables};
use zerocopy::IntoBytes;
use zerocopy::little_endian::U64;

#[cfg(test)]
mod tests;

/// Descriptors in a table.
const ENTRIES: usize = 512;

/// Size in bytes of what a descriptor of level 2 maps.
const BLOCK_SIZE: u64 = 2 << 20;

/// The levels of tables that blocks and pages are described in.
const BLOCK_LEVEL: u32 = 2;
const PAGE_LEVEL: u32 = 3;

/// Bits 1:0 of a descriptor of each kind.
const TABLE: u64 = 0b11;
const BLOCK: u64 = 0b01;
const PAGE: u64 = 0b11;

/// `AttrIndx`, bits 4:2: `MAIR_ELx` attribute 4, which seL4 expects to be normal write-back memory
/// (seL4 16.0.0, `include/arch/arm/arch/64/mode/kernel/vspace.h`).
const NORMAL_MEMORY: u64 = 4 << 2;

/// `AP[1]`, bit 6: RES1 where there is one exception level only, as at EL2.
const AP1_RES1: u64 = 1 << 6;

/// `AP[2]`, bit 7.
const READ_ONLY: u64 = 1 << 7;

/// `SH`, bits 9:8.
const INNER_SHAREABLE: u64 = 0b11 << 8;

/// `AF`, bit 10.
const ACCESSED: u64 = 1 << 10;

/// `PXN`, bit 53, at EL1.
const PRIVILEGED_EXECUTE_NEVER: u64 = 1 << 53;

/// `UXN`, bit 54, at EL1; `XN` at EL2.
const EXECUTE_NEVER: u64 = 1 << 54;

/// What is mapped, and what for. Both addresses are equal modulo [`BLOCK_SIZE`] where blocks are
/// to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// The first virtual address.
    pub(crate) virt: u64,
    /// The first physical address.
    pub(crate) phys: u64,
    /// The size in bytes; like the addresses a multiple of [`PAGE_SIZE`].
    pub(crate) size: u64,
    /// Whether it may be written.
    pub(crate) writable: bool,
    /// Whether it may be executed.
    pub(crate) executable: bool,
}

/// Translation tables that lie one behind the other.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    base: PhysAddr,
    exception_level: ExceptionLevel,
    tables: Vec<[U64; ENTRIES]>,
}

impl Tables {
    /// Tables at `base` that map the loader for the lower address range, and the kernel for the
    /// upper one, if the exception level has two.
    pub(crate) fn new(
        base: PhysAddr,
        exception_level: ExceptionLevel,
        loader: &[Mapping],
        kernel: Mapping,
    ) -> Self {
        let mut tables = Self {
            base,
            exception_level,
            tables: Vec::new(),
        };
        let lower = tables.add();
        let upper = match exception_level {
            ExceptionLevel::El1 => tables.add(),
            ExceptionLevel::El2 => lower,
        };
        for mapping in loader {
            tables.map(lower, mapping);
        }
        tables.map(upper, &kernel);
        tables
    }

    /// Size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.tables.len() as u64 * PAGE_SIZE
    }

    /// The memory that they take.
    pub(crate) fn memory(&self) -> PhysRange {
        PhysRange::from(self.base..self.address(self.tables.len()))
    }

    /// The tables as they lie in memory.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.tables.as_bytes()
    }

    /// The tables to begin with.
    pub(crate) fn roots(&self) -> TranslationTables {
        TranslationTables {
            ttbr0: self.address(0),
            ttbr1: match self.exception_level {
                ExceptionLevel::El1 => Some(self.address(1)),
                ExceptionLevel::El2 => None,
            },
        }
    }

    fn address(&self, table: usize) -> PhysAddr {
        PhysAddr(self.base.0 + table as u64 * PAGE_SIZE)
    }

    /// Adds an empty table.
    fn add(&mut self) -> usize {
        self.tables.push([U64::ZERO; ENTRIES]);
        self.tables.len() - 1
    }

    fn map(&mut self, root: usize, mapping: &Mapping) {
        let attributes = self.attributes(mapping);
        let mut virt = mapping.virt;
        let mut phys = mapping.phys;
        let end = mapping.phys + mapping.size;
        while phys < end {
            let whole_block = virt.is_multiple_of(BLOCK_SIZE)
                && phys.is_multiple_of(BLOCK_SIZE)
                && end - phys >= BLOCK_SIZE;
            let (level, kind, size) = match whole_block {
                true => (BLOCK_LEVEL, BLOCK, BLOCK_SIZE),
                false => (PAGE_LEVEL, PAGE, PAGE_SIZE),
            };
            let table = (0..level).fold(root, |table, level| self.next(table, virt, level));
            *self.entry(table, virt, level) = U64::new(phys | attributes | kind);
            virt = virt.wrapping_add(size);
            phys += size;
        }
    }

    /// The table that `table`, of the level `level`, names for `virt`; it is added if need be.
    fn next(&mut self, table: usize, virt: u64, level: u32) -> usize {
        let entry = self.entry(table, virt, level).get();
        if entry != 0 {
            return ((entry - TABLE - self.base.0) / PAGE_SIZE) as usize;
        }
        let next = self.add();
        *self.entry(table, virt, level) = U64::new(self.address(next).0 | TABLE);
        next
    }

    fn entry(&mut self, table: usize, virt: u64, level: u32) -> &mut U64 {
        &mut self.tables[table][index(virt, level)]
    }

    fn attributes(&self, mapping: &Mapping) -> u64 {
        let access = if mapping.writable { 0 } else { READ_ONLY };
        let execution = match (self.exception_level, mapping.executable) {
            (ExceptionLevel::El1, true) => EXECUTE_NEVER,
            (ExceptionLevel::El1, false) => EXECUTE_NEVER | PRIVILEGED_EXECUTE_NEVER,
            (ExceptionLevel::El2, true) => AP1_RES1,
            (ExceptionLevel::El2, false) => AP1_RES1 | EXECUTE_NEVER,
        };
        NORMAL_MEMORY | INNER_SHAREABLE | ACCESSED | access | execution
    }
}

/// Index of the descriptor for `virt` in a table of the level `level`.
fn index(virt: u64, level: u32) -> usize {
    let page = virt / PAGE_SIZE;
    (page >> (9 * (PAGE_LEVEL - level))) as usize % ENTRIES
}
