// SPDX-License-Identifier: BSD-2-Clause

//! The page tables that the kernel starts with. They map the loader one to one, and the kernel to
//! its link address. They map no other memory, so that the processor doesn't fetch from devices
//! speculatively.

use std::convert::Infallible;

use kaal_payload::{ExceptionLevel, PAGE_SIZE, PhysAddr, PhysRange, TranslationTables};
use kaal_translation::{Access, ENTRIES, Mapper, Pool, Regime, Table};

#[cfg(test)]
mod tests;

/// Index in `MAIR_ELx` of the attribute for normal write-back memory, as seL4 sets it (seL4 16.0.0,
/// `include/arch/arm/arch/64/mode/kernel/vspace.h`).
const NORMAL_MEMORY: u64 = 4;

/// Memory to map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// The first virtual address.
    pub(crate) virt: u64,
    /// The pages to map there.
    pub(crate) memory: PhysRange,
    pub(crate) access: Access,
}

/// A pool that grows.
struct Growing(Vec<Table>);

impl Pool for Growing {
    type Error = Infallible;

    fn add(&mut self) -> Result<usize, Infallible> {
        self.0.push([0; ENTRIES]);
        Ok(self.0.len() - 1)
    }

    fn table(&mut self, index: usize) -> Result<&mut Table, Infallible> {
        Ok(&mut self.0[index])
    }
}

/// Page tables, contiguous in memory.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    roots: TranslationTables,
    bytes: Vec<u8>,
}

impl Tables {
    /// Makes tables at `base`. They map the loader to the lower address range, and the kernel to
    /// the upper one. EL2 has a single range.
    pub(crate) fn new(
        base: PhysAddr,
        exception_level: ExceptionLevel,
        loader: &[Mapping],
        kernel: Mapping,
    ) -> Self {
        let second = PhysAddr(base.0 + PAGE_SIZE);
        let (regime, roots, ttbr1) = match exception_level {
            ExceptionLevel::El1 => (Regime::El1, 2, Some(second)),
            ExceptionLevel::El2 => (Regime::El2OrEl3, 1, None),
        };
        let mut mapper = Mapper {
            pool: Growing(vec![[0; ENTRIES]; roots]),
            base,
            regime,
            attribute: NORMAL_MEMORY,
        };
        let loader = loader.iter().map(|mapping| (0, mapping));
        for (root, mapping) in loader.chain([(roots - 1, &kernel)]) {
            let Ok(()) = mapper.map(root, mapping.virt, mapping.memory, mapping.access);
        }
        let entries = mapper.pool.0.as_flattened().iter();
        let bytes: Vec<_> = entries.map(|entry| entry.to_le_bytes()).collect();
        Self {
            roots: TranslationTables { ttbr0: base, ttbr1 },
            bytes: bytes.into_flattened(),
        }
    }

    /// Size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The memory of the tables.
    pub(crate) fn memory(&self) -> PhysRange {
        PhysRange::new(self.roots.ttbr0, self.size())
    }

    /// The content of the tables.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The addresses of the root tables.
    pub(crate) fn roots(&self) -> TranslationTables {
        self.roots
    }
}
