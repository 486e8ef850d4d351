// SPDX-License-Identifier: BSD-2-Clause

use std::collections::BTreeMap;

use kaal_payload::{ExceptionLevel, PAGE_SIZE, PhysAddr};

use super::{
    ACCESSED, AP1_RES1, BLOCK_SIZE, EXECUTE_NEVER, INNER_SHAREABLE, Mapping, NORMAL_MEMORY,
    PRIVILEGED_EXECUTE_NEVER, READ_ONLY, Tables,
};

const BASE: PhysAddr = PhysAddr(0x4040_9000);
const LOADER: u64 = 0x4040_0000;

/// Bits of a descriptor that are an address.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// What a page is mapped to: its physical address and its attributes.
type Page = (u64, u64);

/// All pages that `tables` map from the root at `root` on, by virtual address.
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

/// The pages of `mapping`, as a table of 48 bits of address sees them.
fn pages(mapping: &Mapping, attributes: u64) -> impl Iterator<Item = (u64, Page)> {
    let mapping = *mapping;
    let attributes = attributes | NORMAL_MEMORY | INNER_SHAREABLE | ACCESSED;
    (0..mapping.size)
        .step_by(PAGE_SIZE as usize)
        .map(move |offset| {
            let virt = mapping.virt.wrapping_add(offset) & ((1 << 48) - 1);
            (virt, (mapping.phys + offset, attributes))
        })
}

fn loader() -> [Mapping; 3] {
    let mapping = |offset, size, writable, executable| Mapping {
        virt: LOADER + offset,
        phys: LOADER + offset,
        size,
        writable,
        executable,
    };
    [
        mapping(0, 0x2000, false, false),
        mapping(0x2000, 0x5000, false, true),
        mapping(0x7000, 0x2000, true, false),
    ]
}

fn kernel(base: u64, start: u64, size: u64) -> Mapping {
    Mapping {
        virt: base + start,
        phys: start,
        size,
        writable: true,
        executable: true,
    }
}

/// Kernels that begin and end on block boundaries or not, and that cross one of 1 GiB.
const KERNELS: [(u64, u64); 6] = [
    (0x4000_0000, 0x23_d000),
    (0x4000_0000, 0x20_0000),
    (0x4000_0000, 0x1f_f000),
    (0x6008_0000, 0x40_0000),
    (0x6008_0000, 0x1000),
    (0x7fff_f000, 0x20_2000),
];

#[test]
fn el1_maps_exactly_loader_and_kernel() {
    for (start, size) in KERNELS {
        let kernel = kernel(0xffff_ff80_0000_0000, start, size);
        let tables = Tables::new(BASE, ExceptionLevel::El1, &loader(), kernel);
        let roots = tables.roots();
        let [rodata, text, data] = loader();
        let lower: BTreeMap<_, _> = pages(
            &rodata,
            READ_ONLY | EXECUTE_NEVER | PRIVILEGED_EXECUTE_NEVER,
        )
        .chain(pages(&text, READ_ONLY | EXECUTE_NEVER))
        .chain(pages(&data, EXECUTE_NEVER | PRIVILEGED_EXECUTE_NEVER))
        .collect();
        assert!(walk(&tables, roots.ttbr0) == lower);
        let upper = roots.ttbr1.expect("an upper address range");
        assert!(walk(&tables, upper) == pages(&kernel, EXECUTE_NEVER).collect());
    }
}

#[test]
fn el2_maps_exactly_loader_and_kernel() {
    for (start, size) in KERNELS {
        let kernel = kernel(0x80_0000_0000, start, size);
        let tables = Tables::new(BASE, ExceptionLevel::El2, &loader(), kernel);
        let roots = tables.roots();
        let [rodata, text, data] = loader();
        let expected: BTreeMap<_, _> = pages(&rodata, AP1_RES1 | READ_ONLY | EXECUTE_NEVER)
            .chain(pages(&text, AP1_RES1 | READ_ONLY))
            .chain(pages(&data, AP1_RES1 | EXECUTE_NEVER))
            .chain(pages(&kernel, AP1_RES1))
            .collect();
        assert!(walk(&tables, roots.ttbr0) == expected);
        assert_eq!(roots.ttbr1, None);
    }
}

#[test]
fn attributes_are_those_of_the_architecture() {
    let kernel = kernel(0x80_0000_0000, 0x4000_0000, BLOCK_SIZE);
    let tables = Tables::new(BASE, ExceptionLevel::El2, &[], kernel);
    let block = tables.tables[2][0].get();
    let attributes = 4 << 2 | 1 << 6 | 0b11 << 8 | 1 << 10;
    assert_eq!(block, 0x4000_0000 | attributes | 0b01);
    assert_eq!(tables.size(), 3 * PAGE_SIZE);
}

#[test]
fn blocks_save_tables() {
    let kernel = |size| kernel(0xffff_ff80_0000_0000, 0x4000_0000, size);
    let size = |size| Tables::new(BASE, ExceptionLevel::El1, &loader(), kernel(size)).size();
    assert_eq!(size(BLOCK_SIZE + PAGE_SIZE), 8 * PAGE_SIZE);
    assert_eq!(size(BLOCK_SIZE), 7 * PAGE_SIZE);
}
