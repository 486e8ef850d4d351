// SPDX-License-Identifier: BSD-2-Clause

//! Walks page tables as the processor does, and checks what they map.

mod every_layout;

use std::collections::BTreeMap;

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange, TABLES_SIZE};
use kaal_translation::{ENTRIES, Regime, Table, Tables, TablesError, Use};
use proptest::prelude::*;

const BASE: PhysAddr = PhysAddr(0x4050_0000);

/// Tables that the unpacker has.
const POOL: usize = TABLES_SIZE as usize / size_of::<Table>();

/// Bits of a descriptor that are an address.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

fn range(start: u64, end: u64) -> PhysRange {
    PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(end),
    }
}

/// A pool with tables that map `memory`, or why not.
fn mapped(
    regime: Regime,
    memory: &[(PhysRange, Use)],
    pool: usize,
) -> Result<Vec<Table>, TablesError> {
    // Old content, which the tables must clear.
    let mut pool = vec![[!0; ENTRIES]; pool];
    let mut tables = Tables::new(&mut pool, BASE, regime)?;
    for &(memory, what_for) in memory {
        tables.map(memory, what_for)?;
    }
    let used = (tables.memory().size() / PAGE_SIZE) as usize;
    assert_eq!(tables.memory().start, BASE);
    pool.truncate(used);
    Ok(pool)
}

/// The mapped memory, one item for each descriptor: start, size and attributes.
fn walk(pool: &[Table]) -> Vec<(u64, u64, u64)> {
    let mut found = Vec::new();
    walk_table(pool, 0, 0, 0, &mut found);
    found
}

fn walk_table(
    pool: &[Table],
    table: usize,
    level: u32,
    start: u64,
    found: &mut Vec<(u64, u64, u64)>,
) {
    for (index, &entry) in pool[table].iter().enumerate() {
        let size = PAGE_SIZE << (9 * (3 - level));
        let start = start + index as u64 * size;
        let (next, attributes) = (entry & ADDRESS, entry & !ADDRESS & !0b11);
        match (entry & 0b11, level) {
            (0b00, _) => assert_eq!(entry, 0),
            (0b11, 0..=2) => {
                assert_eq!(attributes, 0);
                let table = ((next - BASE.0) / PAGE_SIZE) as usize;
                walk_table(pool, table, level + 1, start, found);
            }
            (0b11, 3) | (0b01, 1 | 2) => {
                assert_eq!(next, start, "memory is mapped where it is");
                found.push((start, size, attributes));
            }
            _ => panic!("{entry:#x} at level {level}"),
        }
    }
}

/// The pages that are mapped, with their attributes.
fn pages(pool: &[Table]) -> BTreeMap<u64, u64> {
    walk(pool)
        .into_iter()
        .flat_map(|(start, size, attributes)| {
            (start..start + size)
                .step_by(PAGE_SIZE as usize)
                .map(move |page| (page, attributes))
        })
        .collect()
}

/// Normal memory of attribute 0, inner shareable, accessed.
const MEMORY: u64 = 0b11 << 8 | 1 << 10;
const EL1_CODE: u64 = MEMORY | 1 << 7 | 1 << 54;
const EL1_CONSTANTS: u64 = EL1_DATA | 1 << 7;
const EL1_DATA: u64 = MEMORY | 1 << 53 | 1 << 54;
const EL2_CODE: u64 = MEMORY | 1 << 6 | 1 << 7;
const EL2_CONSTANTS: u64 = EL2_DATA | 1 << 7;
const EL2_DATA: u64 = MEMORY | 1 << 6 | 1 << 54;

#[test]
fn attributes_are_those_of_the_architecture() {
    let memory = [
        (range(0x1000, 0x2000), Use::Code),
        (range(0x2000, 0x3000), Use::Data),
        (range(0x3000, 0x4000), Use::Constants),
    ];
    for (regime, code, data, constants) in [
        (Regime::El1, EL1_CODE, EL1_DATA, EL1_CONSTANTS),
        (Regime::El2OrEl3, EL2_CODE, EL2_DATA, EL2_CONSTANTS),
    ] {
        let pool = mapped(regime, &memory, POOL).unwrap();
        assert_eq!(
            walk(&pool),
            [
                (0x1000, 0x1000, code),
                (0x2000, 0x1000, data),
                (0x3000, 0x1000, constants),
            ]
        );
    }
}

#[test]
fn large_memory_takes_large_blocks() {
    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;
    let memory = [(range(GIB - 2 * MIB, 3 * GIB + 2 * MIB + 0x1000), Use::Data)];
    let pool = mapped(Regime::El1, &memory, POOL).unwrap();
    assert_eq!(
        walk(&pool),
        [
            (GIB - 2 * MIB, 2 * MIB, EL1_DATA),
            (GIB, GIB, EL1_DATA),
            (2 * GIB, GIB, EL1_DATA),
            (3 * GIB, 2 * MIB, EL1_DATA),
            (3 * GIB + 2 * MIB, 0x1000, EL1_DATA),
        ]
    );
}

#[test]
fn what_is_mapped_stays_as_it_is() {
    let code = range(0x4041_4000, 0x4041_9000);
    let around = range(0x4000_0000, 0x4080_0000);
    let pool = mapped(Regime::El1, &[(code, Use::Code), (around, Use::Data)], POOL).unwrap();
    for (page, attributes) in pages(&pool) {
        let expected = match code.contains(range(page, page + PAGE_SIZE)) {
            true => EL1_CODE,
            false => EL1_DATA,
        };
        assert_eq!(attributes, expected, "{page:#x}");
    }
    assert_eq!(pages(&pool).len() as u64, around.size() / PAGE_SIZE);
}

#[test]
fn parts_of_pages_are_whole_pages() {
    let pool = mapped(Regime::El1, &[(range(0x1fff, 0x3001), Use::Data)], POOL).unwrap();
    let expected = [0x1000, 0x2000, 0x3000].map(|page| (page, EL1_DATA));
    assert_eq!(pages(&pool), BTreeMap::from(expected));
}

#[test]
fn nothing_is_mapped_for_nothing() {
    let pool = mapped(Regime::El1, &[(range(0x1000, 0x1000), Use::Data)], POOL).unwrap();
    assert_eq!(walk(&pool), []);
}

#[test]
fn memory_beyond_48_bits_is_refused() {
    let last = range((1 << 48) - PAGE_SIZE, 1 << 48);
    assert!(mapped(Regime::El1, &[(last, Use::Data)], POOL).is_ok());
    let beyond = range((1 << 48) - PAGE_SIZE, (1 << 48) + 1);
    assert_eq!(
        mapped(Regime::El1, &[(beyond, Use::Data)], POOL),
        Err(TablesError::BeyondAddressSpace)
    );
}

#[test]
fn too_few_tables_are_refused() {
    let memory = [(range(0x1000, 0x2000), Use::Data)];
    assert!(mapped(Regime::El1, &memory, 4).is_ok());
    for pool in 0..4 {
        assert_eq!(mapped(Regime::El1, &memory, pool), Err(TablesError::Full));
    }
}

/// Whatever the firmware and the builder choose: a package, a work area with code in it, and four
/// pieces of memory, all at odd places.
#[test]
fn the_pool_is_large_enough() {
    let piece = |number: u64| {
        let start = (number + 1) * (1 << 33) - 0x5000;
        range(start, start + (1 << 31) + 0x7000)
    };
    let scratch = piece(4);
    let code = range(scratch.start.0 + 0x2000, scratch.start.0 + 0x7000);
    let package = range((1 << 39) - 0x1000, (1 << 39) + 0x1000);
    let mut memory = vec![
        (code, Use::Code),
        (package, Use::Data),
        (scratch, Use::Data),
    ];
    memory.extend((0..4).map(|number| (piece(number), Use::Data)));
    assert!(mapped(Regime::El1, &memory, POOL).is_ok());
}

proptest! {
    #[test]
    fn exactly_what_is_asked_for_is_mapped(
        ranges in prop::collection::vec((0..0x3000u64, 1..0x900u64), 1..5),
    ) {
        let base = 0x3f00_0000;
        let memory: Vec<_> = ranges
            .iter()
            .map(|&(start, count)| {
                let start = base + start * PAGE_SIZE;
                (range(start, start + count * PAGE_SIZE), Use::Data)
            })
            .collect();
        let pool = mapped(Regime::El2OrEl3, &memory, POOL).unwrap();
        let expected: BTreeMap<u64, u64> = memory
            .iter()
            .flat_map(|(range, _)| (range.start.0..range.end.0).step_by(PAGE_SIZE as usize))
            .map(|page| (page, EL2_DATA))
            .collect();
        prop_assert!(pages(&pool) == expected);
    }
}
