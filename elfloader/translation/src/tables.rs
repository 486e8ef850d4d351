// SPDX-License-Identifier: BSD-2-Clause

//! Translation tables that map memory where it is.

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

use crate::mapper::{Access, Mapper, Pool, Regime, Table};

/// The end of what four levels can map.
const ADDRESS_SPACE_END: PhysAddr = PhysAddr(1 << 48);

/// What memory is mapped for; always with attribute 0 of `MAIR_ELx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To be read and executed.
    Code,
    /// To be read and written.
    Data,
}

/// Why memory can't be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TablesError {
    /// There are no tables left.
    Full,
    /// The memory passes 48 bits of address.
    BeyondAddressSpace,
}

/// A fixed number of tables.
#[derive(Debug)]
struct FixedPool<'a> {
    tables: &'a mut [Table],
    used: usize,
}

impl Pool for FixedPool<'_> {
    type Error = TablesError;

    fn add(&mut self) -> Result<usize, TablesError> {
        if self.used == self.tables.len() {
            return Err(TablesError::Full);
        }
        self.used += 1;
        Ok(self.used - 1)
    }

    fn table(&mut self, index: usize) -> Result<&mut Table, TablesError> {
        self.tables.get_mut(index).ok_or(TablesError::Full)
    }
}

/// Tables in a pool of them.
#[derive(Debug)]
pub struct Tables<'a>(Mapper<FixedPool<'a>>);

impl<'a> Tables<'a> {
    /// Tables that map nothing yet, in `pool`, which is zero and lies at `base`.
    ///
    /// # Errors
    ///
    /// Returns [`TablesError::Full`] where the pool is empty.
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

    /// The table to begin with.
    pub fn root(&self) -> PhysAddr {
        self.0.base
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
        let start = memory.start.0 / PAGE_SIZE * PAGE_SIZE;
        let pages = PhysAddr(start)..PhysAddr(memory.end.0.next_multiple_of(PAGE_SIZE));
        let access = Access {
            writable: what_for == Use::Data,
            executable: what_for == Use::Code,
        };
        self.0.map(0, start, pages.into(), access)
    }
}
