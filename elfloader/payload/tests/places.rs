// SPDX-License-Identifier: BSD-2-Clause

//! Tests that a payload header may lead only to memory that is for it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use kaal_payload::{
    AccessSize, Console, ConsoleKind, ConstantPart, Cpu, DeviceTreeSlot, Digest, ExceptionLevel,
    Gic, Integrity, LogLevel, Machine, PAGE_SIZE, Payload, PayloadError, PhysAddr, PhysRange,
    PhysicalAddressBits, Region, RegionKind, TranslationTables, UserImage, VirtAddr,
};
use proptest::prelude::*;

/// First address of the memory of the tests.
const BASE: u64 = 0x4000_0000;

fn page(number: u64) -> PhysAddr {
    PhysAddr(BASE + number * PAGE_SIZE)
}

fn pages(first: u64, count: u64) -> PhysRange {
    PhysRange::from_size(page(first), count * PAGE_SIZE).unwrap()
}

fn region(kind: RegionKind, memory: PhysRange) -> Region {
    Region::new(kind, memory, 0x321, Digest::default())
}

/// Kernel, device tree, user image in two regions, page tables and symbols. Pages 12 to 15 are the loader's.
fn regions() -> Vec<Region> {
    vec![
        region(RegionKind::Kernel, pages(0, 2)),
        region(RegionKind::DeviceTree, pages(2, 4)),
        region(RegionKind::UserImage, pages(6, 1)),
        region(RegionKind::UserImage, pages(7, 3)),
        region(RegionKind::TranslationTables, pages(16, 2)),
        region(RegionKind::Symbols, pages(18, 1)),
    ]
}

const CPUS: [Cpu; 2] = [
    Cpu {
        mpidr: 0,
        release_address: PhysAddr(0),
    },
    Cpu {
        mpidr: 1,
        release_address: PhysAddr(0xd8),
    },
];

fn payload<'a>(regions: &'a [Region], cpus: &'a [Cpu]) -> Payload<'a> {
    Payload {
        image_version: 0,
        key_id: 0,
        signature: [0; _],
        load_address: page(12),
        loader: ConstantPart {
            size: 0x1234,
            digest: Digest::default(),
        },
        exception_level: ExceptionLevel::El1,
        cores: 2,
        physical_address_bits: PhysicalAddressBits::FromProcessor,
        log_level: LogLevel::Info,
        integrity: Integrity::Sha256,
        kernel_entry: VirtAddr(0),
        user_image: UserImage {
            memory: pages(6, 4),
            pv_offset: BASE,
            entry: VirtAddr(7 * PAGE_SIZE),
        },
        device_tree: DeviceTreeSlot {
            start: page(2),
            size: 0x321,
            capacity: 4 * PAGE_SIZE,
        },
        tables: TranslationTables {
            ttbr0: page(16),
            ttbr1: Some(page(17)),
        },
        machine: machine(PhysAddr(0x900_0000), PhysAddr(0x801_0000)),
        measurement: [0; _],
        package: [0; _],
        regions,
        cpus,
        boot_arguments: b"",
    }
}

fn machine(console: PhysAddr, cpu_interface: PhysAddr) -> Machine {
    Machine {
        console: Some(Console {
            kind: ConsoleKind::Pl011,
            base: console,
            register_shift: 0,
            access_size: AccessSize::Word,
        }),
        psci: None,
        gic: Some(Gic::V2 {
            distributor: PhysAddr(0x800_0000),
            cpu_interface,
        }),
    }
}

/// Checks that a change of the header is refused, and that the error names `field`.
fn refuses(field: &'static str, change: impl FnOnce(&mut Payload<'_>)) {
    let regions = regions();
    let mut payload = payload(&regions, &CPUS);
    change(&mut payload);
    let expected = Err(PayloadError::Place { name: field });
    assert_eq!(payload.check_places(), expected, "{field}");
}

/// Checks that other regions are refused, and that the error names `field`.
fn refuses_regions(field: &'static str, change: impl FnOnce(&mut Vec<Region>)) {
    let mut regions = regions();
    change(&mut regions);
    refuses(field, |payload| payload.regions = regions.leak());
}

#[test]
fn an_image_is_accepted() {
    assert_eq!(payload(&regions(), &CPUS).check_places(), Ok(()));
}

#[test]
fn an_image_without_devices_symbols_and_device_tree_is_accepted() {
    let mut regions = regions();
    regions.pop();
    regions.remove(1);
    let mut payload = payload(&regions, &[]);
    payload.device_tree.size = 0;
    payload.machine = Machine::default();
    assert_eq!(payload.check_places(), Ok(()));
}

#[test]
fn page_tables_lie_in_their_region() {
    for root in [page(15), page(18), page(3), PhysAddr(u64::MAX - 0xfff)] {
        refuses("translation tables", |payload| payload.tables.ttbr0 = root);
        let ttbr1 = Some(root);
        refuses("translation tables", |payload| payload.tables.ttbr1 = ttbr1);
    }
    refuses_regions("translation tables", |regions| {
        regions.remove(4);
    });
    refuses_regions("translation tables", |regions| {
        regions.push(region(RegionKind::TranslationTables, pages(20, 1)));
    });
}

#[test]
fn nothing_lies_in_the_loader() {
    refuses("loader", |payload| payload.loader.size = 5 * PAGE_SIZE);
    refuses("loader", |payload| payload.load_address = page(9));
    refuses("loader", |payload| payload.load_address = page(17));
    refuses_regions("loader", |regions| {
        regions.insert(4, region(RegionKind::Kernel, pages(15, 1)));
    });
}

#[test]
fn symbols_follow_the_page_tables() {
    refuses_regions("symbols", |regions| {
        regions[5] = region(RegionKind::Symbols, pages(19, 1));
    });
    refuses_regions("symbols", |regions| {
        regions.push(region(RegionKind::Symbols, pages(19, 1)));
    });
}

#[test]
fn the_device_tree_fills_its_slot() {
    refuses("device tree", |payload| payload.device_tree.size += 1);
    refuses("device tree", |payload| payload.device_tree.size = 0);
    refuses("device tree", |payload| payload.device_tree.capacity -= 1);
    refuses("device tree", |payload| payload.device_tree.start = page(1));
    refuses("device tree", |payload| {
        payload.device_tree.capacity = u64::MAX
    });
    refuses_regions("device tree", |regions| {
        regions.remove(1);
    });
    refuses_regions("device tree", |regions| {
        regions.push(region(RegionKind::DeviceTree, pages(20, 1)));
    });
}

#[test]
fn a_slot_without_a_device_tree_is_free() {
    for slot in [page(0), page(8), page(14), page(17)] {
        let mut regions = regions();
        regions.remove(1);
        refuses("device tree", |payload| {
            payload.regions = regions.leak();
            payload.device_tree.size = 0;
            payload.device_tree.start = slot;
        });
    }
}

#[test]
fn the_user_image_is_its_regions() {
    refuses("user image", |payload| {
        payload.user_image.memory = pages(6, 3)
    });
    refuses("user image", |payload| {
        payload.user_image.memory = pages(5, 5)
    });
    refuses("user image", |payload| {
        payload.user_image.entry.0 = 10 * PAGE_SIZE
    });
    refuses("user image", |payload| {
        payload.user_image.pv_offset += 4 * PAGE_SIZE
    });
    refuses_regions("user image", |regions| {
        regions.remove(2);
    });
    refuses_regions("user image", |regions| {
        regions[3] = region(RegionKind::UserImage, pages(8, 2));
    });
}

#[test]
fn devices_lie_outside_of_the_image() {
    let (uart, gic) = (PhysAddr(0x900_0000), PhysAddr(0x801_0000));
    for part in [
        page(0),
        page(4),
        page(9),
        page(12),
        page(15),
        page(16),
        page(18),
    ] {
        // The registers reach into the part.
        let register = PhysAddr(part.0 - 0x400);
        for place in [part, register] {
            refuses("console", |payload| payload.machine = machine(place, gic));
            refuses("interrupt controller", |payload| {
                payload.machine = machine(uart, place);
            });
        }
        refuses("interrupt controller", |payload| {
            payload.machine.gic = Some(Gic::V3 {
                distributor: PhysAddr(0x800_0000),
                // The second core's redistributor.
                redistributors: PhysAddr(part.0 - 0x4_0000),
            });
        });
        let mut cpus = CPUS;
        cpus[1].release_address = PhysAddr(part.0 - 4);
        refuses("release address", |payload| {
            payload.cpus = cpus.to_vec().leak()
        });
    }
}

proptest! {
    /// Whatever is accepted, no address leads from one part into another: a map of all pages says so.
    #[test]
    fn accepted_headers_lead_to_their_own_memory(
        numbers in prop::collection::vec(0u64..24, 12),
        moved in prop::collection::vec(any::<bool>(), 12),
    ) {
        let choose = |index: usize, usual: u64| {
            if moved[index] && index % 3 == numbers[0] as usize % 3 { numbers[index] } else { usual }
        };
        let regions = regions();
        let mut cpus = CPUS;
        cpus[1].release_address = page(choose(0, 30));
        let mut payload = payload(&regions, &cpus);
        payload.load_address = page(choose(1, 12));
        payload.tables.ttbr0 = page(choose(2, 16));
        payload.tables.ttbr1 = Some(page(choose(3, 17)));
        payload.device_tree.start = page(choose(4, 2));
        payload.user_image.memory = pages(choose(5, 6), choose(6, 4));
        payload.user_image.entry = VirtAddr(choose(7, 7) * PAGE_SIZE);
        payload.machine = machine(page(choose(8, 31)), page(choose(9, 32)));
        let verdict = payload.check_places();

        let mut map = [None; 33];
        let part = |map: &mut [Option<RegionKind>], memory: PhysRange, kind| {
            let number = |address: PhysAddr| ((address.0 - BASE) / PAGE_SIZE) as usize;
            map[number(memory.start)..number(memory.end)].fill(Some(kind));
        };
        for region in &regions {
            part(&mut map, region.memory().unwrap(), region.kind().unwrap());
        }
        let at = |address: PhysAddr| map[((address.0 - BASE) / PAGE_SIZE) as usize];
        let loader = |address: PhysAddr| (payload.load_address..page(16)).contains(&address);
        let is_tables = |root| at(root) == Some(RegionKind::TranslationTables);
        let Gic::V2 { cpu_interface, .. } = payload.machine.gic.unwrap() else { unreachable!() };
        let devices = [payload.machine.console.unwrap().base, cpu_interface, cpus[1].release_address];
        let entry = PhysAddr(BASE + payload.user_image.entry.0);
        let is_kept = is_tables(payload.tables.ttbr0)
            && is_tables(payload.tables.ttbr1.unwrap())
            && (10..=14).map(page).any(|first| payload.load_address == first)
            && payload.device_tree.start == page(2)
            && payload.user_image.memory == pages(6, 4)
            && at(entry) == Some(RegionKind::UserImage)
            && devices.iter().all(|&device| at(device).is_none() && !loader(device));
        prop_assert_eq!(verdict.is_ok(), is_kept);
    }
}
