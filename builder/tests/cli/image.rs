// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the content of images.

use kaal_payload::{
    AccessSize, Console, ConsoleKind, ExceptionLevel, Integrity, LogLevel, PAGE_SIZE, PhysAddr,
    PhysRange, PhysicalAddressBits, RegionKind,
};

use crate::common::device_tree::{self, DeviceTree};
use crate::common::elf::Elf;
use crate::common::folder::Folder;
use crate::common::loaded::Loaded;
use crate::common::programs::{
    self, ADDEND, HYPERVISOR_BASE, KERNEL, KERNEL_SIZE, ORDINARY_BASE, RELOCATED, filled,
};

fn range(start: u64, end: u64) -> PhysRange {
    PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(end),
    }
}

fn load(folder: &Folder, changes: &[(&str, &str)]) -> Loaded {
    folder.accepted(changes);
    Loaded::new(&folder.get("image.elf"))
}

fn kernels() -> [(ExceptionLevel, Elf); 4] {
    [
        (ExceptionLevel::El1, programs::kernel(ORDINARY_BASE)),
        (ExceptionLevel::El2, programs::kernel(HYPERVISOR_BASE)),
        (
            ExceptionLevel::El1,
            programs::kernel_of_five_segments(ORDINARY_BASE),
        ),
        (
            ExceptionLevel::El2,
            programs::kernel_of_five_segments(HYPERVISOR_BASE),
        ),
    ]
}

#[test]
fn kernels_of_all_shapes() {
    for (exception_level, kernel) in kernels() {
        let folder = Folder::new();
        folder.put("kernel.elf", kernel.to_bytes());
        let loaded = load(&folder, &[]);
        let payload = loaded.payload();

        assert_eq!(payload.exception_level, exception_level);
        assert_eq!(payload.kernel_entry.0, kernel.entry);
        assert_eq!(
            payload.tables.ttbr1.is_some(),
            exception_level == ExceptionLevel::El1
        );
        for header in &kernel.headers {
            let mut content = header.content.clone();
            content.resize(header.memory_size as usize, 0);
            assert!(loaded.read(header.phys, header.memory_size) == content);
        }
        let kernel_regions = payload
            .regions
            .iter()
            .filter(|region| region.kind() == Some(RegionKind::Kernel));
        assert_eq!(kernel_regions.count(), kernel.headers.len());
    }
}

#[test]
fn regions_are_what_their_checksums_say() {
    for (_, kernel) in kernels() {
        let folder = Folder::new();
        folder.put("kernel.elf", kernel.to_bytes());
        let loaded = load(&folder, &[]);
        let payload = loaded.payload();
        for region in payload.regions {
            loaded.check_region(region);
        }
        let memory = |kind| {
            let regions = payload.regions.iter();
            regions
                .filter(move |region| region.kind() == Some(kind))
                .filter_map(|region| region.memory())
                .map(PhysRange::size)
                .sum::<u64>()
        };
        assert_eq!(
            memory(RegionKind::UserImage),
            payload.user_image.memory.size()
        );
        assert_eq!(memory(RegionKind::DeviceTree), payload.device_tree.capacity);
        assert!(memory(RegionKind::TranslationTables) > 0);
    }
}

#[test]
fn order_that_the_kernel_checks() {
    let folder = Folder::new();
    let loaded = load(&folder, &[]);
    let payload = loaded.payload();
    let slot = payload.device_tree;
    assert_eq!(slot.start.0, KERNEL + KERNEL_SIZE);
    assert_eq!(slot.capacity, 0x10000);
    assert_eq!(payload.user_image.memory, range(0x4024_d000, 0x4025_3000));
    assert_eq!(payload.load_address.0, 0x4040_0000);
}

#[test]
fn user_image() {
    let folder = Folder::new();
    let loaded = load(&folder, &[]);
    let user_image = loaded.payload().user_image;
    let mut expected = filled(0x123);
    expected.resize(0x1128, 0);
    expected.extend(filled(0x10));
    expected.resize(0x6000, 0);
    assert!(loaded.read_range(user_image.memory) == expected);
    assert_eq!(user_image.entry.0, 0x20_0020);
    assert_eq!(user_image.pv_offset, user_image.memory.start.0 - 0x20_0000);
}

#[test]
fn user_image_within_a_page() {
    let folder = Folder::new();
    folder.put("app.elf", programs::app_at(0x20_0234).to_bytes());
    let loaded = load(&folder, &[]);
    let user_image = loaded.payload().user_image;
    let memory = loaded.read_range(user_image.memory);
    assert_eq!(memory[..0x234], [0; 0x234]);
    assert_eq!(memory[0x234..][..0x123], filled(0x123));
    assert_eq!(
        user_image.memory.start.0.wrapping_sub(user_image.pv_offset),
        0x20_0000
    );
}

#[test]
fn user_image_at_an_offset() {
    let folder = Folder::new();
    let loaded = load(&folder, &[("--app-offset", "0x800000")]);
    let payload = loaded.payload();
    assert_eq!(payload.user_image.memory, range(0x4080_0000, 0x4080_6000));
    assert_eq!(payload.load_address.0, 0x40a0_0000);
}

#[test]
fn loader_is_relocated() {
    let folder = Folder::new();
    let loaded = load(&folder, &[]);
    let base = loaded.payload().load_address.0;
    assert_eq!(loaded.entry, base + 0x1008);
    let mut data = filled(0x20);
    let word = (RELOCATED - 0x2000) as usize;
    data[word..][..8].copy_from_slice(&(base + ADDEND).to_le_bytes());
    data.resize(0x1800, 0);
    assert!(loaded.read(base + 0x2000, 0x1800) == data);
    assert_eq!(loaded.read(base + 0x1000, 0x40), filled(0x40));
}

#[test]
fn header_lies_behind_the_loader() {
    let folder = Folder::new();
    let loaded = load(&folder, &[]);
    let header = loaded.payload().load_address.0 + 0x4000;
    assert_eq!(loaded.read(header, 8), kaal_payload::MAGIC);
}

#[test]
fn loader_below_the_kernel() {
    let folder = Folder::new();
    let device_tree = DeviceTree {
        ram: vec![(0x3f00_0000, 0x100_0000 + 0x25_4000)],
        ..DeviceTree::with_ram(0)
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    let loaded = load(&folder, &[]);
    assert_eq!(loaded.payload().load_address.0, 0x3f00_0000);
}

#[test]
fn loader_at_a_page_where_ram_is_small() {
    let folder = Folder::new();
    folder.put("kernel.dtb", DeviceTree::with_ram(0x28_0000).to_bytes());
    let loaded = load(&folder, &[]);
    assert_eq!(loaded.payload().load_address.0, 0x4025_3000);
}

#[test]
fn device_tree_is_shrunk() {
    let folder = Folder::new();
    let tight = load(&folder, &[]);
    let slot = tight.payload().device_tree;
    let blob = tight.read(slot.start.0, slot.size);
    assert_eq!(blob[4..8], (slot.size as u32).to_be_bytes());
    let header = kaal_devicetree::Header::parse(&blob).expect("a device tree");
    assert!(header.used_size() + 8 > blob.len());

    let padded = DeviceTree {
        padding: 1 << 20,
        ..DeviceTree::with_ram(0x1000_0000)
    };
    folder.put("kernel.dtb", padded.to_bytes());
    let loaded = load(&folder, &[]);
    assert_eq!(loaded.payload().device_tree, slot);
    assert_eq!(loaded.read(slot.start.0, slot.size), blob);
}

/// So that the firmware's can be moved out of the way of its copy.
#[test]
fn a_large_device_tree_has_room_twice() {
    let folder = Folder::new();
    let large = DeviceTree {
        note: 40_000,
        ..DeviceTree::with_ram(0x1000_0000)
    };
    folder.put("kernel.dtb", large.to_bytes());
    let slot = load(&folder, &[]).payload().device_tree;
    assert!(slot.size > 40_000);
    assert_eq!(slot.capacity, (2 * slot.size).next_multiple_of(PAGE_SIZE));
}

#[test]
fn no_device_tree() {
    let folder = Folder::new();
    let loaded = load(&folder, &[("--dtb", "")]);
    let payload = loaded.payload();
    assert_eq!(payload.device_tree.size, 0);
    assert_eq!(payload.device_tree.capacity, 0x10000);
    assert_eq!(payload.machine.console, None);
    let is_device_tree =
        |region: &kaal_payload::Region| region.kind() == Some(RegionKind::DeviceTree);
    assert!(!payload.regions.iter().any(is_device_tree));
    assert!(!loaded.defines(payload.device_tree.start.0));
}

#[test]
fn settings() {
    let folder = Folder::new();
    let loaded = load(&folder, &[]);
    let payload = loaded.payload();
    assert_eq!(payload.log_level, LogLevel::Info);
    assert_eq!(payload.integrity, Integrity::Crc32c);
    assert_eq!(payload.cores, 1);
    assert_eq!(
        payload.physical_address_bits,
        PhysicalAddressBits::FromProcessor
    );
    assert_eq!(
        payload.machine.console,
        Some(Console {
            kind: ConsoleKind::Pl011,
            base: PhysAddr(device_tree::UART),
            register_shift: 0,
            access_size: AccessSize::Word,
        })
    );

    folder.put("kernel.elf", programs::kernel(HYPERVISOR_BASE).to_bytes());
    folder.put(
        "config.json",
        r#"{"ARM_HYPERVISOR_SUPPORT": true, "ARM_PA_SIZE_BITS_40": false,
            "ARM_PA_SIZE_BITS_44": true, "MAX_NUM_NODES": "1"}"#,
    );
    let loaded = load(
        &folder,
        &[
            ("--log-level", "debug"),
            ("--verify", "crc32c"),
            ("--kernel-config", "config.json"),
        ],
    );
    let payload = loaded.payload();
    assert_eq!(payload.log_level, LogLevel::Debug);
    assert_eq!(payload.integrity, Integrity::Crc32c);
    assert_eq!(payload.physical_address_bits, PhysicalAddressBits::Bits44);
}

/// The image is only a little larger than the content of its inputs.
#[test]
fn size() {
    for (_, kernel) in kernels() {
        let folder = Folder::new();
        folder.put("kernel.elf", kernel.to_bytes());
        folder.accepted(&[]);
        let inputs: usize = [&kernel, &programs::app(), &programs::loader()]
            .into_iter()
            .flat_map(|elf| elf.headers.iter())
            .map(|header| header.content.len())
            .sum::<usize>()
            + folder.get("kernel.dtb").len();
        let image = folder.get("image.elf").len();
        assert!(
            image < inputs + (PAGE_SIZE as usize) * 5 / 8,
            "{image} bytes for {inputs}"
        );
    }
}
