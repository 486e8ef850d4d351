// SPDX-License-Identifier: BSD-2-Clause

//! Tests of machines with unusual RAM, and of large programs.

use expect_test::{Expect, expect};
use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

use crate::common::device_tree::DeviceTree;
use crate::common::elf::{Elf, ProgramHeader};
use crate::common::folder::Folder;
use crate::common::loaded::Loaded;
use crate::common::programs::{self, HYPERVISOR_BASE, KERNEL, KERNEL_SIZE, ORDINARY_BASE, filled};

mod any_machine;
mod any_program;

/// seL4's `PADDR_TOP`: 511 GiB.
const PADDR_TOP: u64 = 0x7f_c000_0000;

const MIB: u64 = 1 << 20;

/// The device tree's place, where it is a small one.
const SLOT: u64 = 0x1_0000;

fn range(start: u64, end: u64) -> PhysRange {
    PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(end),
    }
}

/// A machine with 256 MiB from the kernel's address on, and what differs.
fn machine() -> DeviceTree {
    DeviceTree::with_ram(256 * MIB)
}

fn folder(device_tree: &DeviceTree) -> Folder {
    let folder = Folder::new();
    folder.put("kernel.dtb", device_tree.to_bytes());
    folder
}

fn load(folder: &Folder, changes: &[(&str, &str)]) -> Loaded {
    assert_eq!(folder.accepted(changes), "");
    Loaded::new(&folder.get("image.elf"))
}

#[test]
fn kernels_at_any_page() {
    let last = PADDR_TOP - 16 * MIB;
    for start in [0, 0x1000, 0x401f_f000, 0x7fff_e000, 0x1_4020_3000, last] {
        for base in [ORDINARY_BASE, HYPERVISOR_BASE] {
            let folder = folder(&DeviceTree {
                // More than a kernel can use, at the last address.
                ram: vec![(start, 256 * MIB)],
                ..machine()
            });
            folder.put("kernel.elf", programs::kernel_at(base, start).to_bytes());
            let loaded = load(&folder, &[]);
            let payload = loaded.payload();
            let mut content = filled(0x1234);
            content.resize(KERNEL_SIZE as usize, 0);
            assert!(loaded.read(start, KERNEL_SIZE) == content);
            assert_eq!(payload.device_tree.start.0, start + KERNEL_SIZE);
            let user_image = payload.user_image.memory;
            assert_eq!(user_image.start.0, start + KERNEL_SIZE + SLOT);
            assert!(user_image.end <= payload.load_address);
            assert!(payload.tables.ttbr0 < PhysAddr(PADDR_TOP));
        }
    }
}

#[test]
fn memory_above_paddr_top_is_no_place() {
    let start = PADDR_TOP - KERNEL_SIZE - SLOT;
    let folder = folder(&DeviceTree {
        ram: vec![(0, MIB), (start, 256 * MIB), (1 << 39, 256 * MIB)],
        ..machine()
    });
    let kernel = programs::kernel_at(ORDINARY_BASE, start);
    folder.put("kernel.elf", kernel.to_bytes());
    expect![[r#"
        error: --app app.elf: no room for the root task in RAM
          expected: 24576 free bytes below 0x7fc0000000
          found: RAM 0x0..0x100000, 0x7fbfdb3000..0x7fcfdb3000, 0x8000000000..0x8010000000 (--dtb kernel.dtb), kernel 0x7fbfdb3000..0x7fbfff0000
          help: pass a platform with more RAM, or make the root task smaller
    "#]].assert_eq(&folder.refused(&[]));
}

#[test]
fn parts_go_to_the_banks_that_have_room() {
    let folder = folder(&DeviceTree {
        ram: vec![
            (0x1_0000_0000, 0x6000),
            (0x2000_0000, 0x100_0000),
            (KERNEL, KERNEL_SIZE + SLOT + 0x5000),
        ],
        ..machine()
    });
    let payload = load(&folder, &[]);
    let payload = payload.payload();
    assert_eq!(payload.device_tree.start.0, KERNEL + KERNEL_SIZE);
    let user_image = range(0x1_0000_0000, 0x1_0000_6000);
    assert_eq!(payload.user_image.memory, user_image);
    assert_eq!(payload.load_address.0, 0x2000_0000);
}

#[test]
fn many_banks() {
    let hole = 0x2000;
    let small = (0..64).map(|bank| (0x5000_0800 + bank * (hole + 0x5000), 0x5000));
    let folder = folder(&DeviceTree {
        ram: small
            .chain([(KERNEL, KERNEL_SIZE + SLOT), (0x6000_0000, 8 * MIB)])
            .collect(),
        ..machine()
    });
    let payload = load(&folder, &[]);
    let payload = payload.payload();
    // Of a bank that begins within a page, four pages are whole.
    assert_eq!(payload.user_image.memory, range(0x6000_0000, 0x6000_6000));
}

#[test]
fn reserved_memory_is_gone_round() {
    let slot = KERNEL + KERNEL_SIZE;
    let folder = folder(&DeviceTree {
        reserved: vec![(slot + SLOT + 0x800, 0x10), (0x4040_0000, 0x20_0000)],
        no_map: vec![(slot + SLOT + 0x6000, 0x1000)],
        ..machine()
    });
    let payload = load(&folder, &[]);
    let payload = payload.payload();
    assert_eq!(payload.device_tree.start.0, slot);
    let start = slot + SLOT + 0x7000;
    assert_eq!(payload.user_image.memory, range(start, start + 0x6000));
    assert_eq!(payload.load_address.0, 0x4060_0000);
}

fn check_warnings(device_tree: &DeviceTree, changes: &[(&str, &str)], expected: &Expect) {
    expected.assert_eq(&folder(device_tree).accepted(changes));
}

#[test]
fn kernel_in_reserved_memory() {
    let device_tree = DeviceTree {
        reserved: vec![(KERNEL + MIB, 0x1000)],
        ..machine()
    };
    check_warnings(
        &device_tree,
        &[],
        &expect![[r#"
            warning: --kernel kernel.elf: the kernel lies in reserved memory
              expected: a place outside of 0x40100000..0x40101000, which --dtb reserves
              found: 0x40000000..0x4023d000
              help: make sure that the memory's owner no longer uses it when the image is loaded
        "#]],
    );
}

#[test]
fn app_at_an_offset_in_reserved_memory() {
    let device_tree = DeviceTree {
        reserved: vec![(KERNEL + 16 * MIB, MIB)],
        ..machine()
    };
    check_warnings(
        &device_tree,
        &[("--app-offset", "0x1000000")],
        &expect![[r#"
            warning: --app app.elf: the root task lies in reserved memory
              expected: a place outside of 0x41000000..0x41100000, which --dtb reserves
              found: 0x41000000..0x41006000
              help: make sure that the memory's owner no longer uses it when the image is loaded
        "#]],
    );
}

/// Better than no image: the kernel takes the memory as RAM anyway.
#[test]
fn no_room_but_in_reserved_memory() {
    let device_tree = DeviceTree {
        reserved: vec![(KERNEL + KERNEL_SIZE + SLOT, 256 * MIB)],
        ..machine()
    };
    check_warnings(
        &device_tree,
        &[],
        &expect![[r#"
            warning: --app app.elf: the root task lies in reserved memory
              expected: a place outside of 0x4024d000..0x5024d000, which --dtb reserves
              found: 0x4024d000..0x40253000
              help: make sure that the memory's owner no longer uses it when the image is loaded
            warning: --loader loader.elf: the loader lies in reserved memory
              expected: a place outside of 0x4024d000..0x5024d000, which --dtb reserves
              found: 0x40400000..0x4040e000
              help: make sure that the memory's owner no longer uses it when the image is loaded
        "#]],
    );
}

#[test]
fn no_room_but_in_memory_of_the_firmware() {
    let folder = folder(&DeviceTree {
        no_map: vec![(KERNEL + KERNEL_SIZE + SLOT, 256 * MIB)],
        ..machine()
    });
    expect![[r#"
        error: --app app.elf: no room for the root task in RAM
          expected: 24576 free bytes below 0x7fc0000000
          found: RAM 0x40000000..0x4024d000 (--dtb kernel.dtb), without 0x4024d000..0x5024d000, which the node firmware@4024d000 keeps to itself (no-map), kernel 0x40000000..0x4023d000
          help: pass a platform with more RAM, or make the root task smaller
    "#]]
    .assert_eq(&folder.refused(&[]));
}

#[test]
fn no_memory_but_that_of_the_firmware() {
    let folder = folder(&DeviceTree {
        no_map: vec![(KERNEL, 256 * MIB)],
        ..machine()
    });
    expect![[r#"
        error: --kernel kernel.elf: the kernel covers memory that only its owner may use
          expected: a place without 0x40000000..0x50000000, which the node firmware@40000000 keeps to itself (no-map)
          found: the kernel at 0x40000000..0x4023d000
          help: build the kernel with that memory reserved in its device tree, so that seL4 places it elsewhere
    "#]]
    .assert_eq(&folder.refused(&[]));
}

/// One bank of RAM as the kernel knows it.
const PLATFORM: &str = "memory:\n- end: 0x50000000\n  start: 0x40000000\n";

#[test]
fn reserved_memory_is_used_before_the_kernel_loses_account() {
    let device_tree = DeviceTree {
        reserved: vec![(KERNEL + KERNEL_SIZE, 0x1000)],
        ..machine()
    };
    let folder = folder(&device_tree);
    folder.put("platform.yaml", PLATFORM);
    let message = folder.accepted(&[("--platform", "platform.yaml")]);
    assert_eq!(folder.accepted(&[]), message);
    expect![[r#"
        warning: --dtb kernel.dtb: the device tree lies in reserved memory
          expected: a place outside of 0x4023d000..0x4023e000, which --dtb reserves
          found: 0x4023d000..0x4024d000
          help: make sure that the memory's owner no longer uses it when the image is loaded
    "#]]
    .assert_eq(&message);
}

/// The kernel lies in reserved memory, and its account forces the device tree there, but no other part.
#[test]
fn reserved_memory_is_used_for_parts_that_need_it() {
    let device_tree = DeviceTree {
        reserved: vec![(KERNEL + KERNEL_SIZE - 0x1000, 4 * MIB)],
        ..machine()
    };
    let message = folder(&device_tree).accepted(&[]);
    let parts: Vec<_> = message
        .lines()
        .filter_map(|line| line.strip_suffix(" lies in reserved memory"))
        .collect();
    expect![[r#"
        [
            "warning: --kernel kernel.elf: the kernel",
            "warning: --dtb kernel.dtb: the device tree",
        ]
    "#]]
    .assert_debug_eq(&parts);
}

/// What fills [`large_app`].
const FILL: u8 = 0x5a;

/// A root task of 100 MiB, `content` bytes of which the file holds.
fn large_app(content: usize) -> Elf {
    let headers = [
        (ProgramHeader::READ_EXECUTE, 0x20_0000, 0x1000, 0x1000),
        (ProgramHeader::READ_WRITE, 0x20_1000, content, 100 << 20),
    ];
    let headers = headers.map(|(flags, virt, content, size)| {
        ProgramHeader::load(flags, virt, vec![FILL; content], size)
    });
    Elf::new(Elf::EXEC, 0x20_0000, headers.to_vec())
}

#[test]
fn root_tasks_of_100_mib() {
    for content in [100 << 20, 0x1001] {
        let app = large_app(content);
        let folder = folder(&machine());
        folder.put("app.elf", app.to_bytes());
        let loaded = load(&folder, &[]);
        let payload = loaded.payload();
        let user_image = payload.user_image.memory;
        assert_eq!(user_image.size(), 100 * MIB + PAGE_SIZE);
        let mut expected = vec![FILL; 0x1000 + content];
        expected.resize(user_image.size() as usize, 0);
        assert!(loaded.read_range(user_image) == expected);
    }
}

#[test]
fn root_task_larger_than_ram() {
    let folder = folder(&DeviceTree::with_ram(64 * MIB));
    folder.put("app.elf", large_app(0).to_bytes());
    expect![[r#"
        error: --app app.elf: no room for the root task in RAM
          expected: 104861696 free bytes below 0x7fc0000000
          found: RAM 0x40000000..0x44000000 (--dtb kernel.dtb), kernel 0x40000000..0x4023d000
          help: pass a platform with more RAM, or make the root task smaller
    "#]]
    .assert_eq(&folder.refused(&[]));
}
