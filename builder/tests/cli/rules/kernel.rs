// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the rules about the kernel's boot and the root task's memory.

use expect_test::expect;
use kaal_payload::{ExceptionLevel, TranslationTables, VirtAddr};

use super::{GIVEN, changed, check, config_with, line, refused, warned};
use crate::common::programs;

#[test]
fn exception_level() {
    let folder = changed(|payload| {
        payload.exception_level = ExceptionLevel::El2;
        payload.tables = TranslationTables {
            ttbr1: None,
            ..payload.tables
        };
    });
    refused(
        &folder,
        &[],
        "exception-level",
        expect![[r#"
            error        exception-level   the loader would enter it at EL2
              expected: an entry point as in a kernel for EL2
              found: 0xffffff8040000000, as in a kernel for EL1
              help: build the image again"#]],
    );
}

#[test]
fn kernel_window() {
    let folder = changed(|payload| payload.kernel_entry.0 += programs::KERNEL_SIZE);
    refused(
        &folder,
        &[],
        "kernel-window",
        expect![[r#"
            error        kernel-window     its entry point isn't mapped
              expected: a physical address within 0x40000000..0x4023d000
              found: 0x4023d000
              help: build the image again"#]],
    );
}

#[test]
fn user_top() {
    let folder = changed(|payload| {
        let start = 0x7fff_fff0_0000;
        let user_image = &mut payload.user_image;
        user_image.pv_offset = user_image.memory.start.0.wrapping_sub(start);
        user_image.entry = VirtAddr(start);
        payload.device_tree.capacity = 0x10_0000;
    });
    refused(
        &folder,
        &[],
        "user-top",
        expect![[r#"
            error        user-top          reaches above USER_TOP
              expected: an end below 0x7fffffffffff, including IPC buffer and boot information
              found: an end at 0x800000108000
              help: link the root task at lower addresses"#]],
    );
    let folder = changed(|payload| payload.user_image.entry.0 += 0x10_0000);
    refused(
        &folder,
        &[],
        "user-top",
        expect![[r#"
            error        user-top          its entry point lies outside of it
              expected: an address within 0x200000..0x206000
              found: 0x300020
              help: build the image again"#]],
    );
}

/// Without `--platform`, the number of banks that the kernel was built for is unknown.
#[test]
fn free_regions() {
    let folder = changed(|payload| {
        payload.device_tree.start.0 += 4096;
        payload.device_tree.capacity -= 4096;
    });
    let board = ["--dtb", "kernel.dtb"];
    let arguments = [&GIVEN[..], &board].concat();
    refused(
        &folder,
        &arguments,
        "free-regions",
        expect![[r#"
            error        free-regions      free memory has too many pieces for the kernel
              expected: at most 2 pieces of free memory
              found: 3: 0x4023d000..0x4023e000, 0x4023e1c8..0x4024d000, 0x40253000..0x50000000
              help: leave --app-offset out, or reserve less memory near the kernel"#]],
    );
    let text = line(&check(&folder, &board), "free-regions");
    assert!(text.starts_with("warning "), "{text}");
}

#[test]
fn root_objects() {
    let folder = config_with("ROOT_CNODE_SIZE_BITS", "23");
    refused(
        &folder,
        &GIVEN,
        "root-objects",
        expect![[r#"
            error        root-objects      no room for the objects of the root task
              expected: 268470272 bytes of free memory in one piece, aligned to 0x10000000
              found: 0x4023d1c8..0x4024d000, 0x40253000..0x50000000
              help: build the kernel with a smaller KernelRootCNodeSizeBits, or for more RAM"#]],
    );
}

#[test]
fn root_cnode() {
    let folder = config_with("ROOT_CNODE_SIZE_BITS", "6");
    refused(
        &folder,
        &GIVEN,
        "root-cnode",
        expect![[r#"
            error        root-cnode        too few slots in the root CNode
              expected: at most 64 slots, 2^CONFIG_ROOT_CNODE_SIZE_BITS
              found: at most 94 of 64 slots: 16 fixed, 3 tables, 1 for the device tree, 0 for scheduling, 6 for the user image, 68 for untyped memory
              help: build the kernel with a larger KernelRootCNodeSizeBits, or shrink the root task"#]],
    );
}

#[test]
fn untypeds() {
    let folder = config_with("MAX_NUM_BOOTINFO_UNTYPED_CAPS", "40");
    warned(
        &folder,
        &GIVEN,
        "untypeds",
        expect![[r#"
            warning      untypeds          the root task loses 265885696 bytes of RAM
              expected: at most 40 pieces of untyped memory, CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS
              found: at most 68 of 40: 29 of devices, 39 of RAM
              help: build the kernel with a larger KernelMaxNumBootinfoUntypedCaps"#]],
    );
}
