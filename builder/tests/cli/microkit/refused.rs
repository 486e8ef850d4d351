// SPDX-License-Identifier: BSD-2-Clause

//! Tests of images of Microkit that the builder refuses.

use expect_test::{Expect, expect};

use super::{folder, of, ordinary, with};
use crate::common::device_tree::DeviceTree;
use crate::common::elf::Elf;
use crate::common::folder::Folder;
use crate::common::microkit::{Microkit, Region};
use crate::common::programs::{self, HYPERVISOR_BASE, KERNEL, KERNEL_SIZE, ORDINARY_BASE};

/// Checks the error about the file `loader.img`.
fn check_file(file: impl AsRef<[u8]>, expected: Expect) {
    let folder = Folder::new();
    folder.put("loader.img", file);
    expected.assert_eq(&folder.refused(&with(&[])));
}

/// Checks the error about an image with `change`.
fn check(change: impl FnOnce(&mut Microkit), expected: Expect) {
    let mut image = ordinary();
    change(&mut image);
    check_file(image.to_bytes(), expected);
}

#[test]
fn other_files() {
    check_file(
        b"",
        expect![[r#"
        error: --microkit loader.img: not an image of Microkit
          expected: loader.img of Microkit 2.1 to 2.3, as a raw file, an ELF file or a U-Boot image
          found: an empty file
          help: pass the file that Microkit's tool wrote to -o
    "#]],
    );
    check_file(
        b"system = 1\n",
        expect![[r#"
        error: --microkit loader.img: not an image of Microkit
          expected: loader.img of Microkit 2.1 to 2.3, as a raw file, an ELF file or a U-Boot image
          found: TOML
          help: pass the file that Microkit's tool wrote to -o
    "#]],
    );
    check_file(
        programs::app().to_bytes(),
        expect![[r#"
        error: --microkit loader.img: not an image of Microkit
          expected: loader.img of Microkit 2.1 to 2.3, as a raw file, an ELF file or a U-Boot image
          found: an ELF program for AARCH64
          help: pass the file that Microkit's tool wrote to -o
    "#]],
    );
    let foreign = |machine| {
        let elf = Elf {
            machine,
            ..programs::app()
        };
        elf.to_bytes()
    };
    check_file(
        foreign(243),
        expect![[r#"
            error: --microkit loader.img: not a program for AArch64
              expected: machine AARCH64 (183)
              found: machine RISCV (243)
              help: build the system for an AArch64 board, or again
        "#]],
    );
    check_file(
        foreign(62),
        expect![[r#"
            error: --microkit loader.img: not a program for AArch64
              expected: machine AARCH64 (183)
              found: machine X86_64 (62)
              help: build the system for an AArch64 board, or again
        "#]],
    );
}

#[test]
fn incomplete_files() {
    let file = ordinary().to_bytes();
    check_file(
        &file[..file.len() - 1],
        expect![[r#"
            error: --microkit loader.img: truncated
              expected: 2363875 bytes from its header on
              found: 2363874 bytes
              help: copy the image again, or build it again with Microkit's tool
        "#]],
    );
    check_file(
        &file[..0x40],
        expect![[r#"
            error: --microkit loader.img: not an image of Microkit
              expected: loader.img of Microkit 2.1 to 2.3, as a raw file, an ELF file or a U-Boot image
              found: a file of Microkit's loader, without a system
              help: pass the file that Microkit's tool wrote to -o
        "#]],
    );
    check_file(
        [&file[..], b"\0"].concat(),
        expect![[r#"
            error: --microkit loader.img: longer than its header says
              expected: 2363875 bytes from its header on
              found: 2363876 bytes
              help: copy the image again, or build it again with Microkit's tool
        "#]],
    );
}

#[test]
fn other_versions_and_processors() {
    check_file(
        ordinary().to_old_bytes(),
        expect![[r#"
        error: --microkit loader.img: an image of Microkit 2.0, whose kernels expect other arguments
          expected: an image of Microkit 2.1 to 2.3
          found: a header of 11 words
          help: build the system with a later SDK
    "#]],
    );
    check(
        |image| image.kernel_entry = 0xffff_ffff_8400_0000,
        expect![[r#"
            error: --microkit loader.img: an image for riscv64
              expected: an image for AArch64
              found: the kernel's entry point 0xffffffff84000000
              help: build the system for an AArch64 board
        "#]],
    );
    check(
        |image| image.kernel_entry = 0x4000_0000,
        expect![[r#"
            error: --microkit loader.img: no code at the entry point of its kernel
              expected: an address of seL4 for AArch64, in one of the regions
              found: 0x40000000
              help: copy the image again, or build it again with Microkit's tool
        "#]],
    );
}

#[test]
fn malformed_regions() {
    check(
        |image| image.regions[1].kind = 2,
        expect![[r#"
        error: --microkit loader.img: its region 1 is malformed
          expected: data of the type 1, within the file and the address space
          found: another type, or a place outside of them
          help: copy the image again, or build it again with Microkit's tool
    "#]],
    );
    check(
        |image| image.regions[0].start = u64::MAX,
        expect![[r#"
        error: --microkit loader.img: its region 0 is malformed
          expected: data of the type 1, within the file and the address space
          found: another type, or a place outside of them
          help: copy the image again, or build it again with Microkit's tool
    "#]],
    );
    check(
        |image| image.regions[2].start = image.regions[1].start,
        expect![[r#"
            error: --microkit loader.img: its regions overlap
              expected: no two regions at the same place
              found: 0x4023d000..0x4023d123 and 0x4023d000..0x40241020
              help: copy the image again, or build it again with Microkit's tool
        "#]],
    );
    check(
        |image| image.regions[2].start = image.user_end - 0x1000,
        expect![[r#"
            error: --microkit loader.img: a region lies only partly in its root task
              expected: regions within 0x4023d000..0x40243000, or outside of it
              found: 0x40242000..0x40246020
              help: copy the image again, or build it again with Microkit's tool
        "#]],
    );
    check(
        |image| image.regions.clear(),
        expect![[r#"
            error: --microkit loader.img: no code at the entry point of its kernel
              expected: an address of seL4 for AArch64, in one of the regions
              found: 0xffffff8040000000
              help: copy the image again, or build it again with Microkit's tool
        "#]],
    );
    check(
        |image| drop(image.regions.remove(0)),
        expect![[r#"
            error: --microkit loader.img: no code at the entry point of its kernel
              expected: an address of seL4 for AArch64, in one of the regions
              found: 0xffffff8040000000
              help: copy the image again, or build it again with Microkit's tool
        "#]],
    );
}

#[test]
fn hostile_sizes() {
    // Behind the code, the header and the fields of the first region before its size.
    let file = ordinary().to_bytes();
    let word = |index: usize, value: u64| {
        let mut file = file.clone();
        file[8 * index..][..8].copy_from_slice(&value.to_le_bytes());
        file
    };
    let (count, size, offset) = (11, 13, 14);
    for value in [0, 2, 4, 1 << 60, u64::MAX] {
        let messages = refused(word(count, value));
        assert!(messages.contains("its header is malformed"), "{messages}");
    }
    for value in [0, 1, 1 << 63, u64::MAX] {
        let messages = refused(word(size, value));
        assert!(messages.contains("its header is malformed"), "{messages}");
    }
    for value in [1 << 32, u64::MAX] {
        let messages = refused(word(offset, value));
        assert!(messages.contains("its region 0 is malformed"), "{messages}");
    }
}

fn refused(file: Vec<u8>) -> String {
    let folder = Folder::new();
    folder.put("loader.img", file);
    folder.refused(&with(&[]))
}

#[test]
fn place_of_the_root_task() {
    check(
        |image| image.user_entry += 2,
        expect![[r#"
        error: --microkit loader.img: no code at the entry point of its root task
          expected: the address of an instruction from 0x200000 on
          found: 0x200022
          help: copy the image again, or build it again with Microkit's tool
    "#]],
    );
    check(
        |image| image.user_entry = 0x30_0000,
        expect![[r#"
        error: --microkit loader.img: no code at the entry point of its root task
          expected: the address of an instruction from 0x200000 on
          found: 0x300000
          help: copy the image again, or build it again with Microkit's tool
    "#]],
    );
    check(
        |image| image.user_start += 8,
        expect![[r#"
        error: --microkit loader.img: a region lies only partly in its root task
          expected: regions within 0x4023d008..0x40243000, or outside of it
          found: 0x4023d000..0x4023d123
          help: copy the image again, or build it again with Microkit's tool
    "#]],
    );
    check(
        |image| image.user_end = image.user_start,
        expect![[r#"
        error: --microkit loader.img: the place of its root task is malformed
          expected: whole pages, within 64 bits
          found: 0x4023d000..0x4023d000, at 0x200000
          help: copy the image again, or build it again with Microkit's tool
    "#]],
    );
    check(
        |image| image.pv_offset = image.user_start.wrapping_add(0x1000),
        expect![[r#"
            error: --microkit loader.img: the place of its root task is malformed
              expected: whole pages, within 64 bits
              found: 0x4023d000..0x40243000, at 0xfffffffffffff000
              help: copy the image again, or build it again with Microkit's tool
        "#]],
    );
    check(
        |image| {
            let distance = image.user_start - 0x3000_0000;
            image.user_start -= distance;
            image.user_end -= distance;
            image.pv_offset = image.pv_offset.wrapping_sub(distance);
            for region in &mut image.regions[1..] {
                region.start -= distance;
            }
        },
        expect![[r#"
            error: --microkit loader.img: its root task lies below its kernel
              expected: a root task above 0x40000000
              found: 0x30000000..0x30006000
              help: copy the image again, or build it again with Microkit's tool
        "#]],
    );
}

#[test]
fn kernel_outside_of_ram() {
    let folder = folder(&of(
        &programs::kernel_at(ORDINARY_BASE, 0x8000_0000),
        &programs::app(),
    ));
    expect![[r#"
        error: --microkit loader.img: the kernel lies outside RAM
          expected: a place within 0x40000000..0x50000000 (--dtb kernel.dtb)
          found: 0x80000000..0x8023d000
          help: pass the kernel.dtb of the kernel's build, or build the kernel for the machine of this device tree
    "#]].assert_eq(&folder.refused(&with(&[])));
}

#[test]
fn root_task_outside_of_ram() {
    let folder = folder(&ordinary());
    let ram = KERNEL_SIZE + 0x2000;
    folder.put("kernel.dtb", DeviceTree::with_ram(ram).to_bytes());
    expect![[r#"
        error: --microkit loader.img: no place for the root task
          expected: a place within 0x40000000..0x4023f000 (--dtb kernel.dtb)
          found: 24576 bytes at 0x4023d000
          help: build the system for this machine
    "#]]
    .assert_eq(&folder.refused(&with(&[])));
}

#[test]
fn no_room_for_a_device_tree() {
    let folder = folder(&ordinary());
    expect![[r#"
        error: --microkit loader.img: no place for the root task
          expected: a multiple of 0x1000 from 0x24d000 on: behind 2347008 bytes of kernel and 65536 bytes for its device tree, in the order that seL4 requires
          found: 24576 bytes at 0x4023d000
          help: leave --kernel-dtb out: Microkit's systems use no device tree
    "#]].assert_eq(&folder.refused(&with(&[("--kernel-dtb", "firmware")])));
    expect![[r#"
        error: --microkit loader.img: no place for the root task
          expected: a multiple of 0x1000 from 0x23e000 on: behind 2347008 bytes of kernel and 456 bytes for its device tree, in the order that seL4 requires
          found: 24576 bytes at 0x4023d000
          help: leave --kernel-dtb out: Microkit's systems use no device tree
    "#]].assert_eq(&folder.refused(&with(&[("--kernel-dtb", "embedded")])));
}

/// If Microkit left room, the kernel can have a device tree.
#[test]
fn room_for_a_device_tree() {
    let mut image = ordinary();
    let distance = 0x10_0000;
    image.user_start += distance;
    image.user_end += distance;
    image.pv_offset = image.pv_offset.wrapping_add(distance);
    for region in &mut image.regions[1..] {
        region.start += distance;
    }
    let folder = folder(&image);
    folder.accepted(&with(&[("--kernel-dtb", "firmware")]));
    folder.accepted(&with(&[("--kernel-dtb", "embedded")]));
}

#[test]
fn another_kernel() {
    let folder = folder(&ordinary());
    let check = |kernel: Elf, expected: Expect| {
        folder.put("kernel.elf", kernel.to_bytes());
        expected.assert_eq(&folder.refused(&with(&[("--kernel", "kernel.elf")])));
    };
    check(
        programs::kernel(HYPERVISOR_BASE),
        expect![[r#"
        error: --kernel kernel.elf: not the kernel in the image
          expected: the entry point 0xffffff8040000000, as in --microkit
          found: 0x8040000000
          help: pass elf/sel4.elf of the board and the configuration that the image was built for, or leave --kernel out
    "#]],
    );
    let mut other = programs::kernel(ORDINARY_BASE);
    other.headers[0].memory_size += 0x1000;
    check(
        other,
        expect![[r#"
        error: --kernel kernel.elf: not the kernel in the image
          expected: a kernel at 0x40000000..0x4023d000, as in --microkit
          found: 0x40000000..0x4023e000
          help: pass elf/sel4.elf of the board and the configuration that the image was built for, or leave --kernel out
    "#]],
    );
    let mut other = programs::kernel(ORDINARY_BASE);
    other.headers[0].content[0x1000] ^= 1;
    check(
        other,
        expect![[r#"
        error: --kernel kernel.elf: not the kernel in the image
          expected: the content in --microkit at 0x40001000
          found: another
          help: pass elf/sel4.elf of the board and the configuration that the image was built for, or leave --kernel out
    "#]],
    );
    let mut other = programs::kernel(ORDINARY_BASE);
    other.headers[0].content.push(1);
    check(
        other,
        expect![[r#"
        error: --kernel kernel.elf: not the kernel in the image
          expected: the content in --microkit at 0x40001234
          found: another
          help: pass elf/sel4.elf of the board and the configuration that the image was built for, or leave --kernel out
    "#]],
    );
}

/// A region that the kernel lacks is found too.
#[test]
fn more_than_the_kernel() {
    let mut image = ordinary();
    let kernel = &mut image.regions[0];
    let rest = kernel.content.split_off(0x2000);
    image.regions.push(Region {
        start: KERNEL + 0x2000,
        content: rest,
        kind: 1,
    });
    let folder = folder(&image);
    expect![[r#"
        error: --kernel kernel.elf: not the kernel in the image
          expected: 2 segments, as in --microkit
          found: 1
          help: pass elf/sel4.elf of the board and the configuration that the image was built for, or leave --kernel out
    "#]].assert_eq(&folder.refused(&with(&[("--kernel", "kernel.elf")])));
}

#[test]
fn conflicts() {
    let misused = |more: &[(&str, &str)]| Folder::misused(&with(more));
    expect![[r#"
        error: --app app.elf: Microkit's image has a root task
          expected: one of the options
          found: --microkit loader.img
          help: leave one of them out
    "#]]
    .assert_eq(&misused(&[("--app", "app.elf")]));
    expect![[r#"
        error: --app-offset 0x300000: Microkit's image has a place for the root task
          expected: one of the options
          found: --microkit loader.img
          help: leave one of them out
    "#]]
    .assert_eq(&misused(&[("--app-offset", "0x300000")]));
    expect![[r#"
        error: --bootargs: stands in the kernel's device tree, but the kernel gets none
          expected: --kernel-dtb embedded or firmware
          found: --kernel-dtb none
          help: leave one of the options out
    "#]]
    .assert_eq(&misused(&[("--bootargs", "quiet")]));
}

/// An image in place of a program leads to the option for it.
#[test]
fn as_a_program() {
    let folder = folder(&ordinary());
    expect![[r#"
        error: --app loader.img: not an ELF file
          expected: an ELF file for AArch64
          found: a raw image of Microkit's loader
          help: pass the linked program, not a raw image or text; pass an image of Microkit as --microkit, without --app
    "#]].assert_eq(&folder.refused(&[("--app", "loader.img")]));
    expect![[r#"
        error: --kernel loader.img: not an ELF file
          expected: an ELF file for AArch64
          found: a raw image of Microkit's loader
          help: pass the linked program, not a raw image or text; pass an image of Microkit as --microkit, without --app
    "#]].assert_eq(&folder.refused(&[("--kernel", "loader.img")]));
}
