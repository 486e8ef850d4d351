// SPDX-License-Identifier: BSD-2-Clause

//! Tests that RAM and reserved memory are read from device trees.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod common;

use common::{memory, node, ram, range, tree, write_root};
use kaal_devicetree::{Availability, DeviceTree, Facts, Header, MemoryKind, Misunderstanding};
use kaal_payload::{PhysAddr, PhysRange};
use proptest::prelude::*;
use vm_fdt::{FdtReserveEntry, FdtWriter};

/// Whether all of `memory` is RAM.
fn is_ram_in(tree: &DeviceTree<'_>, memory: PhysRange) -> bool {
    Facts::of(tree).unwrap().availability(memory) != Availability::NotRam
}

#[test]
fn ram_may_be_in_several_banks() {
    let blob = tree(|fdt| {
        memory(
            fdt,
            "memory@40000000",
            &[0x4000_0000, 0x1000_0000, 0x8000_0000, 0x1000],
        )?;
        memory(fdt, "memory@50000000", &[0x5000_0000, 0x1000_0000])?;
        // Not RAM: this is below another node.
        node(fdt, "soc", |fdt| {
            memory(fdt, "memory@90000000", &[0x9000_0000, 0x1000])
        })
    });
    let tree = DeviceTree::parse(&blob).unwrap();
    let is_ram = |start, size| is_ram_in(&tree, range(start, size));
    assert!(
        is_ram(0x4000_0000, 0x2000_0000),
        "over two banks that adjoin"
    );
    assert!(is_ram(0x8000_0000, 0x1000));
    assert!(!is_ram(0x8000_0000, 0x1001));
    assert!(!is_ram(0x5fff_f000, 0x2000));
    assert!(!is_ram(0x9000_0000, 0x1000));
}

#[test]
fn reserved_memory_is_found_in_both_places() {
    let entry = FdtReserveEntry::new(0x4800_0000, 0x2000).unwrap();
    let mut fdt = FdtWriter::new_with_mem_reserv(&[entry]).unwrap();
    write_root(&mut fdt, |fdt| {
        node(fdt, "reserved-memory", |fdt| {
            fdt.property_u32("#address-cells", 2)?;
            fdt.property_u32("#size-cells", 2)?;
            fdt.property_null("ranges")?;
            node(fdt, "firmware@0", |fdt| {
                fdt.property_null("no-map")?;
                fdt.property_array_u64("reg", &[0, 0x8_0000])
            })?;
            node(fdt, "buffer@49000000", |fdt| {
                fdt.property_array_u64("reg", &[0x4900_0000, 0x1000])
            })?;
            node(fdt, "nobody@4a000000", |fdt| {
                fdt.property_string("status", "disabled")?;
                fdt.property_array_u64("reg", &[0x4a00_0000, 0x1000])
            })?;
            // A pool without a place of its own.
            node(fdt, "pool", |fdt| fdt.property_array_u64("size", &[0x1000]))
        })
    });
    let blob = fdt.finish().unwrap();
    let tree = DeviceTree::parse(&blob).unwrap();
    let reserved = Facts::of(&tree).unwrap().memory.to_vec();
    assert_eq!(
        reserved,
        [
            (MemoryKind::NoMap, range(0, 0x8_0000)),
            (MemoryKind::Reserved, range(0x4900_0000, 0x1000)),
            (MemoryKind::Reserved, range(0x4800_0000, 0x2000)),
        ]
    );
    assert!(kaal_devicetree::misunderstood(&tree).is_none());
}

#[test]
fn ram_of_secure_software_is_none() {
    let blob = tree(|fdt| {
        memory(fdt, "memory@40000000", &[0x4000_0000, 0x1000_0000])?;
        for (name, start, status) in [
            ("secram@e000000", 0x0e00_0000, "disabled"),
            ("memory@80000000", 0x8000_0000, "ok"),
        ] {
            node(fdt, name, |fdt| {
                fdt.property_string("status", status)?;
                fdt.property_string("device_type", "memory")?;
                fdt.property_array_u64("reg", &[start, 0x100_0000])
            })?;
        }
        Ok(())
    });
    let tree = DeviceTree::parse(&blob).unwrap();
    let expected = [(0x4000_0000, 0x1000_0000), (0x8000_0000, 0x100_0000)];
    assert_eq!(ram(&tree), expected.map(|(start, size)| range(start, size)));
}

#[test]
fn an_empty_reservation_does_not_end_the_block() {
    /// Where the writer puts the first entry's size.
    const FIRST_SIZE: usize = Header::SIZE + 8;

    let entries = [(0x1000, 1), (0, 0x1000), (0x5000, 0x1000)]
        .map(|(start, size)| FdtReserveEntry::new(start, size).unwrap());
    let mut fdt = FdtWriter::new_with_mem_reserv(&entries).unwrap();
    write_root(&mut fdt, |_| Ok(()));
    let mut blob = fdt.finish().unwrap();
    blob[FIRST_SIZE..FIRST_SIZE + 8].fill(0);
    let tree = DeviceTree::parse(&blob).unwrap();
    let facts = Facts::of(&tree).unwrap();
    let reserved = facts.memory_of(MemoryKind::Reserved);
    let expected = [range(0, 0x1000), range(0x5000, 0x1000)];
    assert!(reserved.filter(|memory| !memory.is_empty()).eq(expected));
}

/// A root node with the given cells, a memory node and one for reserved memory.
fn tree_with_cells(cells: (u32, u32), ram: &[u32], reserved: &[u32], ranges: bool) -> Vec<u8> {
    let mut fdt = FdtWriter::new().unwrap();
    let write_cells = |fdt: &mut FdtWriter| {
        fdt.property_u32("#address-cells", cells.0)?;
        fdt.property_u32("#size-cells", cells.1)
    };
    node(&mut fdt, "", |fdt| {
        write_cells(fdt)?;
        node(fdt, "memory@0", |fdt| {
            fdt.property_string("device_type", "memory")?;
            fdt.property_array_u32("reg", ram)
        })?;
        node(fdt, "reserved-memory", |fdt| {
            write_cells(fdt)?;
            if ranges {
                fdt.property_null("ranges")?;
            }
            node(fdt, "firmware@0", |fdt| {
                fdt.property_array_u32("reg", reserved)
            })
        })
    })
    .unwrap();
    fdt.finish().unwrap()
}

fn misunderstood(blob: &[u8]) -> Option<(String, Misunderstanding)> {
    let tree = DeviceTree::parse(blob).unwrap();
    let (node, why) = kaal_devicetree::misunderstood(&tree)?;
    Some((node.name().escape_ascii().to_string(), why))
}

#[test]
fn lying_cells_are_noticed() {
    const ENTRY: [u32; 4] = [0, 0x4000_0000, 0, 0x1000];
    let noticed = |cells, ram: &[u32], reserved: &[u32]| {
        misunderstood(&tree_with_cells(cells, ram, reserved, true))
    };
    assert_eq!(noticed((2, 2), &ENTRY, &ENTRY), None);
    assert_eq!(noticed((2, 2), &[], &[]), None);
    let of_size = |size, entry| Misunderstanding::OtherSize { size, entry };
    let memory = |why| Some(("memory@0".to_owned(), why));
    let firmware = |why| Some(("firmware@0".to_owned(), why));
    let all = u32::MAX;
    for (cells, entry) in [
        ((0, 2), 8),
        ((2, 1), 12),
        ((2, 3), 20),
        ((all, all), 0x7_ffff_fff8),
    ] {
        let expected = memory(of_size(16, entry));
        assert_eq!(noticed(cells, &ENTRY, &ENTRY), expected, "{cells:?}");
    }
    let regs: [(&[u32], _); 3] = [
        (&ENTRY[..3], of_size(12, 16)),
        (&[all, all, 0, 2], Misunderstanding::TooHigh),
        (&[1, 0, 1, 1, 2], of_size(20, 16)),
    ];
    for (reg, why) in regs {
        assert_eq!(noticed((2, 2), reg, &ENTRY), memory(why), "{reg:?}");
        assert_eq!(noticed((2, 2), &ENTRY, reg), firmware(why), "{reg:?}");
    }
    let beyond = [1, 0, 0, 0x1000];
    assert_eq!(
        noticed((3, 1), &beyond, &ENTRY),
        memory(Misunderstanding::TooHigh)
    );
}

#[test]
fn reserved_memory_without_ranges_is_noticed() {
    let blob = tree_with_cells((1, 1), &[0, 0x1000], &[0, 0x1000], false);
    let expected = ("firmware@0".to_owned(), Misunderstanding::NotPassedOn);
    assert_eq!(misunderstood(&blob), Some(expected));
}

#[test]
fn no_map_counts_more_than_reserved() {
    let entry = FdtReserveEntry::new(0x4800_0000, 0x1000).unwrap();
    let mut fdt = FdtWriter::new_with_mem_reserv(&[entry]).unwrap();
    write_root(&mut fdt, |fdt| {
        node(fdt, "reserved-memory", |fdt| {
            fdt.property_u32("#address-cells", 2)?;
            fdt.property_u32("#size-cells", 2)?;
            fdt.property_null("ranges")?;
            node(fdt, "buffer@47000000", |fdt| {
                fdt.property_array_u64("reg", &[0x4700_0000, 0x1000, 0x4900_0000, 0])
            })?;
            node(fdt, "firmware@44000000", |fdt| {
                fdt.property_null("no-map")?;
                fdt.property_array_u64("reg", &[0x4400_0000, 0x1000])
            })
        })?;
        memory(fdt, "memory@40000000", &[0x4000_0000, 0x1000_0000])
    });
    let blob = fdt.finish().unwrap();
    let tree = DeviceTree::parse(&blob).unwrap();
    let facts = Facts::of(&tree).unwrap();
    let availability = |start, size| facts.availability(range(start, size));
    let no_map = Availability::NoMap(range(0x4400_0000, 0x1000));
    assert_eq!(availability(0x4000_0000, 0x1000), Availability::Free);
    assert_eq!(availability(0x4400_0000, 0x1000), no_map);
    assert_eq!(availability(0x4000_0000, 0x1000_0000), no_map);
    assert_eq!(availability(0x4400_0fff, 0x400_0002), no_map);
    assert_eq!(
        availability(0x4400_1000, 0xc00_0000 - 0x1000),
        Availability::Reserved(range(0x4700_0000, 0x1000))
    );
    assert_eq!(
        availability(0x4800_0fff, 1),
        Availability::Reserved(range(0x4800_0000, 0x1000))
    );
    assert_eq!(availability(0x4800_1000, 0x200_0000), Availability::Free);
    assert_eq!(availability(0x4400_0000, 0xc00_0001), Availability::NotRam);
}

/// A tree of banks that adjoin, the last one first, and the memory that they are together.
fn descending_banks(count: u64) -> (Vec<u8>, PhysRange) {
    const SIZE: u64 = 0x100_0000;
    const START: u64 = 0x1_0000_0000;
    let banks: Vec<u64> = (0..count)
        .rev()
        .flat_map(|bank| [START + bank * SIZE, SIZE])
        .collect();
    let blob = tree(|fdt| memory(fdt, "memory@100000000", &banks));
    (blob, range(START, count * SIZE))
}

#[test]
fn many_banks_in_any_order_are_one() {
    let (blob, all) = descending_banks(128);
    let tree = DeviceTree::parse(&blob).unwrap();
    let (start, size) = (all.start.0, all.end.0 - all.start.0);
    assert!(is_ram_in(&tree, all));
    assert!(!is_ram_in(&tree, range(start, size + 1)));
    assert!(!is_ram_in(&tree, range(start - 1, 2)));
}

proptest! {
    /// Banks that overlap, adjoin, are empty or come in any order.
    #[test]
    fn memory_is_ram_where_each_address_is(
        banks in prop::collection::vec((0..24u64, 0..12u64), 0..6),
        (start, end) in (0..24u64, 0..24u64),
    ) {
        let reg: Vec<u64> = banks.iter().flat_map(|&(start, size)| [start, size]).collect();
        let blob = tree(|fdt| memory(fdt, "memory@0", &reg));
        let tree = DeviceTree::parse(&blob).unwrap();
        let is_in_bank = |address| {
            let mut banks = banks.iter();
            banks.any(|&(start, size)| (start..start + size).contains(&address))
        };
        let expected = (start..end).all(is_in_bank);
        let memory = PhysRange { start: PhysAddr(start), end: PhysAddr(end) };
        prop_assert_eq!(is_ram_in(&tree, memory), expected);
    }
}
