// SPDX-License-Identifier: BSD-2-Clause

use std::collections::BTreeMap;

use kaal_payload::{ExceptionLevel, PAGE_SIZE, PhysAddr, PhysRange};
use kaal_translation::Access;

use super::{Mapping, Tables};
use crate::sel4::PADDR_TOP;

const BASE: PhysAddr = PhysAddr(0x4040_9000);
const LOADER: u64 = 0x4040_0000;

/// Size in bytes of what a descriptor of level 2 maps.
const BLOCK_SIZE: u64 = 2 << 20;

/// Attributes of a descriptor: `AttrIndx` 4, `SH` and `AF`; AP[1], AP[2], PXN and UXN.
const NORMAL_MEMORY: u64 = 4 << 2 | 0b11 << 8 | 1 << 10;
const AP1_RES1: u64 = 1 << 6;
const READ_ONLY: u64 = 1 << 7;
const PRIVILEGED_EXECUTE_NEVER: u64 = 1 << 53;
const EXECUTE_NEVER: u64 = 1 << 54;

/// Bits of a descriptor that are an address.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// The physical address and the attributes of a page.
type Page = (u64, u64);

/// All pages that `tables` map below the table at `root`, by virtual address.
fn walk(tables: &Tables, root: PhysAddr) -> BTreeMap<u64, Page> {
    let mut pages = BTreeMap::new();
    walk_table(tables, root.0, 0, 0, &mut pages);
    pages
}

fn walk_table(tables: &Tables, table: u64, level: u32, virt: u64, pages: &mut BTreeMap<u64, Page>) {
    let start = (table - BASE.0) as usize;
    let table = &tables.as_bytes()[start..][..PAGE_SIZE as usize];
    for (index, entry) in table.chunks_exact(8).enumerate() {
        let entry = u64::from_le_bytes(entry.try_into().expect("8 bytes"));
        let virt = virt | (index as u64) << (39 - 9 * level);
        let (next, attributes) = (entry & ADDRESS, entry & !ADDRESS & !0b11);
        match (entry & 0b11, level) {
            (0b00, _) => assert_eq!(entry, 0),
            (0b11, 0..=2) => {
                assert_eq!(attributes, 0);
                walk_table(tables, next, level + 1, virt, pages);
            }
            (0b11, 3) => assert_eq!(pages.insert(virt, (next, attributes)), None),
            (0b01, 2) => {
                assert!(next.is_multiple_of(BLOCK_SIZE));
                for offset in (0..BLOCK_SIZE).step_by(PAGE_SIZE as usize) {
                    let page = (next + offset, attributes);
                    assert_eq!(pages.insert(virt + offset, page), None);
                }
            }
            _ => panic!("{entry:#x} at level {level}"),
        }
    }
}

/// The pages of `mapping`, by the low 48 bits of their virtual address.
fn pages(mapping: &Mapping, attributes: u64) -> impl Iterator<Item = (u64, Page)> {
    let mapping = *mapping;
    let attributes = attributes | NORMAL_MEMORY;
    (0..mapping.memory.size())
        .step_by(PAGE_SIZE as usize)
        .map(move |offset| {
            let virt = mapping.virt.wrapping_add(offset) & ((1 << 48) - 1);
            (virt, (mapping.memory.start.0 + offset, attributes))
        })
}

/// Maps `size` bytes from `start` on, at virtual addresses that are `base` bytes higher.
fn mapping(base: u64, start: u64, size: u64, writable: bool, executable: bool) -> Mapping {
    Mapping {
        virt: base + start,
        memory: PhysRange::from(PhysAddr(start)..PhysAddr(start + size)),
        access: Access {
            writable,
            executable,
        },
    }
}

/// A loader at `base` with read-only data, text and data.
fn loader_at(base: u64) -> [Mapping; 3] {
    [
        mapping(0, base, 0x2000, false, false),
        mapping(0, base + 0x2000, 0x5000, false, true),
        mapping(0, base + 0x7000, 0x2000, true, false),
    ]
}

fn kernel(base: u64, start: u64, size: u64) -> Mapping {
    mapping(base, start, size, true, true)
}

const ORDINARY_BASE: u64 = 0xffff_ff80_0000_0000;
const HYPERVISOR_BASE: u64 = 0x80_0000_0000;

/// The ends of one and of two tables; RAM below and above 4 GiB.
const BOUNDARIES: [u64; 3] = [0x4020_0000, 0x8000_0000, 0x1_4000_0000];

/// The page-aligned addresses up to two pages from `address`.
fn near(address: u64) -> impl Iterator<Item = u64> {
    (0..5).map(move |page| address + page * PAGE_SIZE - 2 * PAGE_SIZE)
}

/// Addresses and sizes of kernels that begin near a boundary, and end near it or near one of the
/// next two. Also some at the ends of the addresses that a kernel can be linked for.
fn kernels() -> impl Iterator<Item = (u64, u64)> {
    let near_boundaries = BOUNDARIES.into_iter().flat_map(|boundary| {
        let ends = [0, BLOCK_SIZE, 2 * BLOCK_SIZE].map(|distance| boundary + distance);
        near(boundary)
            .flat_map(move |start| ends.into_iter().flat_map(near).map(move |end| (start, end)))
            .filter(|(start, end)| start < end)
            .map(|(start, end)| (start, end - start))
    });
    let last = PADDR_TOP.0 - PAGE_SIZE;
    near_boundaries.chain([(0, 0x40_0000), (0x1000, 0x23_d000), (last, PAGE_SIZE)])
}

/// The loader's pages in tables for EL1.
fn el1_loader(base: u64) -> BTreeMap<u64, Page> {
    let [rodata, text, data] = loader_at(base);
    let never = EXECUTE_NEVER | PRIVILEGED_EXECUTE_NEVER;
    pages(&rodata, READ_ONLY | never)
        .chain(pages(&text, READ_ONLY | EXECUTE_NEVER))
        .chain(pages(&data, never))
        .collect()
}

/// The loader's pages in tables for EL2.
fn el2_loader(base: u64) -> BTreeMap<u64, Page> {
    let [rodata, text, data] = loader_at(base);
    pages(&rodata, AP1_RES1 | READ_ONLY | EXECUTE_NEVER)
        .chain(pages(&text, AP1_RES1 | READ_ONLY))
        .chain(pages(&data, AP1_RES1 | EXECUTE_NEVER))
        .collect()
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn el1_maps_exactly_loader_and_kernel() {
    let lower = el1_loader(LOADER);
    for (start, size) in kernels() {
        let kernel = kernel(ORDINARY_BASE, start, size);
        let tables = Tables::new(BASE, ExceptionLevel::El1, &loader_at(LOADER), kernel);
        let roots = tables.roots();
        assert!(walk(&tables, roots.ttbr0) == lower);
        let upper = roots.ttbr1.expect("an upper address range");
        let expected = pages(&kernel, EXECUTE_NEVER).collect();
        assert!(walk(&tables, upper) == expected, "{kernel:x?}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn el2_maps_exactly_loader_and_kernel() {
    for (start, size) in kernels() {
        let kernel = kernel(HYPERVISOR_BASE, start, size);
        let tables = Tables::new(BASE, ExceptionLevel::El2, &loader_at(LOADER), kernel);
        let roots = tables.roots();
        let mut expected = el2_loader(LOADER);
        expected.extend(pages(&kernel, AP1_RES1));
        assert!(walk(&tables, roots.ttbr0) == expected, "{kernel:x?}");
        assert_eq!(roots.ttbr1, None);
    }
}

#[test]
fn loaders_may_lie_anywhere() {
    /// More pages than the loader of the tests has.
    const PAGES: u64 = 10;
    let kernel = kernel(ORDINARY_BASE, 0x4000_0000, PAGE_SIZE);
    let at_boundaries = BOUNDARIES
        .into_iter()
        .flat_map(|boundary| (0..=PAGES).map(move |page| boundary - page * PAGE_SIZE));
    for base in at_boundaries.chain([0, PADDR_TOP.0 - PAGES * PAGE_SIZE]) {
        let loader = loader_at(base);
        for level in [ExceptionLevel::El1, ExceptionLevel::El2] {
            let tables = Tables::new(BASE, level, &loader, kernel);
            let mut found = walk(&tables, tables.roots().ttbr0);
            let expected = match level {
                ExceptionLevel::El1 => el1_loader(base),
                ExceptionLevel::El2 => el2_loader(base),
            };
            found.retain(|virt, _| *virt < PADDR_TOP.0);
            assert!(found == expected, "{base:#x}");
        }
    }
}

#[test]
fn attributes_are_those_of_the_architecture() {
    let kernel = kernel(HYPERVISOR_BASE, 0x4000_0000, BLOCK_SIZE);
    let tables = Tables::new(BASE, ExceptionLevel::El2, &[], kernel);
    let block = tables.as_bytes()[2 * PAGE_SIZE as usize..].first_chunk();
    let block = u64::from_le_bytes(*block.expect("a third table"));
    let attributes = 4 << 2 | 1 << 6 | 0b11 << 8 | 1 << 10;
    assert_eq!(block, 0x4000_0000 | attributes | 0b01);
    assert_eq!(tables.size(), 3 * PAGE_SIZE);
}

#[test]
fn blocks_save_tables() {
    let loader = loader_at(LOADER);
    let kernel = |size| kernel(ORDINARY_BASE, 0x4000_0000, size);
    let size = |size| Tables::new(BASE, ExceptionLevel::El1, &loader, kernel(size)).size();
    assert_eq!(size(BLOCK_SIZE + PAGE_SIZE), 8 * PAGE_SIZE);
    assert_eq!(size(BLOCK_SIZE), 7 * PAGE_SIZE);
}

mod every_image;
