// SPDX-License-Identifier: BSD-2-Clause

//! Reads page tables as the processor does. It uses the architecture's definition of a descriptor
//! (Arm ARM, DDI 0487, section D8.3), not the constants that the tables are made with.

use kaal_payload::{ExceptionLevel, PAGE_SIZE, PhysAddr};

use super::super::super::{Mapping, Tables};
use super::{BASE, BLOCK_SIZE};

/// Contiguous pages with the same rights, mapped to contiguous pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The first virtual address, with all 64 bits.
    pub(super) virt: u64,
    pub(super) phys: u64,
    pub(super) size: u64,
    pub(super) rights: Rights,
}

/// The rights of software at the kernel's exception level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rights {
    write: bool,
    execute: bool,
}

impl From<Mapping> for Run {
    fn from(mapping: Mapping) -> Self {
        Self {
            virt: mapping.virt,
            phys: mapping.memory.start.0,
            size: mapping.memory.size(),
            rights: Rights {
                write: mapping.access.writable,
                execute: mapping.access.executable,
            },
        }
    }
}

impl Run {
    fn goes_on_with(&self, next: &Self) -> bool {
        self.virt + self.size == next.virt
            && self.phys + self.size == next.phys
            && self.rights == next.rights
    }
}

/// Joins adjacent runs.
pub(super) fn join(mut runs: Vec<Run>) -> Vec<Run> {
    runs.retain(|run| run.size > 0);
    runs.sort_by_key(|run| run.virt);
    runs.dedup_by(|next, run| {
        let goes_on = run.goes_on_with(next);
        if goes_on {
            run.size += next.size;
        }
        goes_on
    });
    runs
}

/// Page tables, as the processor reads them.
pub(super) struct Hardware<'a> {
    tables: &'a [u8],
    level: ExceptionLevel,
    /// TTBR0 and, at EL1, TTBR1.
    roots: Vec<(u64, PhysAddr)>,
}

impl<'a> Hardware<'a> {
    pub(super) fn new(tables: &'a Tables, level: ExceptionLevel) -> Self {
        let roots = tables.roots();
        let upper = roots.ttbr1.map(|root| (0xffff << 48, root));
        Self {
            tables: tables.as_bytes(),
            level,
            roots: [(0, roots.ttbr0)].into_iter().chain(upper).collect(),
        }
    }

    fn descriptor(&self, table: u64, index: usize) -> u64 {
        let offset = (table - BASE.0) as usize + 8 * index;
        let bytes = self.tables[offset..].first_chunk().expect("a descriptor");
        u64::from_le_bytes(*bytes)
    }

    /// All mapped memory.
    pub(super) fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        for &(virt, root) in &self.roots {
            self.add_runs(root.0, 0, virt, &mut runs);
        }
        join(runs)
    }

    fn add_runs(&self, table: u64, level: u32, virt: u64, runs: &mut Vec<Run>) {
        for index in 0..512 {
            let descriptor = self.descriptor(table, index);
            // Bit 0: valid.
            if descriptor & 1 == 0 {
                continue;
            }
            let size = PAGE_SIZE << (9 * (3 - level));
            let virt = virt + index as u64 * size;
            match self.run(descriptor, level, virt) {
                Some(run) => runs.push(run),
                None => self.add_runs(next_table(descriptor), level + 1, virt, runs),
            }
        }
    }

    /// The memory that a valid descriptor maps; `None` for a table.
    fn run(&self, descriptor: u64, level: u32, virt: u64) -> Option<Run> {
        // Bit 1 is clear in a block only.
        let size = match (level, descriptor >> 1 & 1) {
            (0..=2, 1) => return None,
            (2, 0) => BLOCK_SIZE,
            (3, 1) => PAGE_SIZE,
            _ => panic!("{descriptor:#x} at level {level}"),
        };
        let phys = descriptor & 0x0000_ffff_ffff_f000;
        assert_eq!(phys % size, 0, "{descriptor:#x}: output address");
        Some(Run {
            virt,
            phys,
            size,
            rights: self.rights(descriptor),
        })
    }

    fn rights(&self, descriptor: u64) -> Rights {
        let bits = |lowest: u32, count: u32| descriptor >> lowest & ((1 << count) - 1);
        assert_eq!(bits(2, 3), 4, "{descriptor:#x}: AttrIndx");
        assert_eq!(bits(5, 1), 0, "{descriptor:#x}: NS");
        assert_eq!(bits(8, 2), 0b11, "{descriptor:#x}: SH");
        assert_eq!(bits(10, 1), 1, "{descriptor:#x}: AF");
        assert_eq!(bits(11, 1), 0, "{descriptor:#x}: nG");
        assert_eq!(bits(50, 3), 0, "{descriptor:#x}: GP, DBM, Contiguous");
        assert_eq!(bits(55, 9), 0, "{descriptor:#x}: bits 63:55");
        let execute = match self.level {
            ExceptionLevel::El1 => {
                assert_eq!(bits(6, 1), 0, "{descriptor:#x}: AP[1], access from EL0");
                assert_eq!(bits(54, 1), 1, "{descriptor:#x}: UXN");
                bits(53, 1) == 0
            }
            ExceptionLevel::El2 => {
                assert_eq!(bits(6, 1), 1, "{descriptor:#x}: AP[1], RES1");
                assert_eq!(bits(53, 1), 0, "{descriptor:#x}: PXN, RES0");
                bits(54, 1) == 0
            }
        };
        Rights {
            write: bits(7, 1) == 0,
            execute,
        }
    }

    /// The physical address and rights of `virt`.
    pub(super) fn translate(&self, virt: u64) -> Option<(u64, Rights)> {
        let top = virt >> 48 << 48;
        let (_, root) = self.roots.iter().find(|(upper, _)| *upper == top)?;
        let mut table = root.0;
        for level in 0..4 {
            let shift = 12 + 9 * (3 - level);
            let descriptor = self.descriptor(table, (virt >> shift) as usize % 512);
            if descriptor & 1 == 0 {
                return None;
            }
            match self.run(descriptor, level, virt) {
                Some(run) => return Some((run.phys + virt % run.size, run.rights)),
                None => table = next_table(descriptor),
            }
        }
        None
    }
}

/// The address of the next table. The descriptor must not limit the rights below it.
fn next_table(descriptor: u64) -> u64 {
    assert_eq!(descriptor >> 59, 0, "{descriptor:#x}: NSTable to PXNTable");
    descriptor & 0x0000_ffff_ffff_f000
}
