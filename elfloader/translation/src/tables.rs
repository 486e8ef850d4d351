// SPDX-License-Identifier: BSD-2-Clause

//! Page tables that map memory one to one, in a fixed pool.

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

use crate::mapper::{Access, Mapper, Pool, Regime, Table};

/// The end of the addresses that four levels can map.
const ADDRESS_SPACE_END: PhysAddr = PhysAddr(1 << 48);

/// The use of memory. Its attribute in `MAIR_ELx` has the index 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Read.
    Constants,
    /// Read and execute.
    Code,
    /// Read and write.
    Data,
}

/// Why memory can't be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TablesError {
    /// The pool is too small.
    Full,
    /// The memory lies above 48 bits of address.
    BeyondAddressSpace,
}

/// A pool of fixed size.
#[derive(Debug)]
struct FixedPool<'a> {
    tables: &'a mut [Table],
    used: usize,
}

impl Pool for FixedPool<'_> {
    type Error = TablesError;

    fn add(&mut self) -> Result<usize, TablesError> {
        let index = self.used;
        self.table(index)?.fill(0);
        self.used += 1;
        Ok(index)
    }

    fn table(&mut self, index: usize) -> Result<&mut Table, TablesError> {
        self.tables.get_mut(index).ok_or(TablesError::Full)
    }
}

/// Page tables in a fixed pool.
#[derive(Debug)]
pub struct Tables<'a>(Mapper<FixedPool<'a>>);

impl<'a> Tables<'a> {
    /// Makes an empty root table in `pool`, which lies at `base`.
    ///
    /// # Errors
    ///
    /// Returns [`TablesError::Full`] if the pool is empty.
    pub fn new(pool: &'a mut [Table], base: PhysAddr, regime: Regime) -> Result<Self, TablesError> {
        let mut pool = FixedPool {
            tables: pool,
            used: 0,
        };
        pool.add()?;
        Ok(Self(Mapper {
            pool,
            base,
            regime,
            attribute: 0,
        }))
    }

    /// The memory of the tables in use. The root table comes first.
    pub fn memory(&self) -> PhysRange {
        let start = self.0.base;
        PhysRange::from(start..self.0.address(self.0.pool.used))
    }

    /// Maps all pages of `memory`. Existing mappings stay as they are.
    ///
    /// # Errors
    ///
    /// Returns a [`TablesError`] if the pool is too small or the memory lies too high.
    pub fn map(&mut self, memory: PhysRange, what_for: Use) -> Result<(), TablesError> {
        if memory.is_empty() {
            return Ok(());
        }
        if memory.end > ADDRESS_SPACE_END {
            return Err(TablesError::BeyondAddressSpace);
        }
        let start = memory.start.0 / PAGE_SIZE * PAGE_SIZE;
        let pages = PhysAddr(start)..PhysAddr(memory.end.0.next_multiple_of(PAGE_SIZE));
        let access = Access {
            writable: what_for == Use::Data,
            executable: what_for == Use::Code,
        };
        self.0.map(0, start, pages.into(), access)
    }
}
