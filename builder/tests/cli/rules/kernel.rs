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

/// The settings of seL4's proofs, in the form of `gen_config.json`.
const PROOFS: &str = r#"{"ARM_PLAT": "zcu102", "PLAT": "zynqmp", "ARM_HYPERVISOR_SUPPORT": true,
    "VERIFICATION_BUILD": true, "MAX_NUM_NODES": "1", "KERNEL_OPT_LEVEL": "-O2", "RETYPE_FAN_OUT_LIMIT": "256",
    "KERNEL_BENCHMARK": "none", "DANGEROUS_CODE_INJECTION": false, "FASTPATH": true, "PRINTING": false,
    "NUM_DOMAINS": "16", "MAX_NUM_BOOTINFO_UNTYPED_CAPS": "50", "ARM_SMMU": false, "ALLOW_SMC_CALLS": true,
    "DEBUG_BUILD": false, "KERNEL_MCS": false, "ROOT_CNODE_SIZE_BITS": "12", "NUM_DOMAIN_SCHEDULES": "100",
    "NUM_PRIORITIES": "256", "TIMER_TICK_MS": "2", "TIME_SLICE": "5", "MAX_NUM_WORK_UNITS_PER_PREEMPTION": "100",
    "RESET_CHUNK_BITS": "8", "KERNEL_STACK_BITS": "12", "EXCEPTION_FASTPATH": false, "SIGNAL_FASTPATH": false,
    "HARDWARE_DEBUG_API": false, "KERNEL_INVOCATION_REPORT_ERROR_IPC": false, "KERNEL_FWHOLE_PROGRAM": false,
    "SET_TLS_BASE_SELF": false, "AARCH64_SERROR_IGNORE": false, "AARCH64_USER_CACHE_ENABLE": true,
    "ARM_HYP_ENABLE_VCPU_CP14_SAVE_AND_RESTORE": false, "VTIMER_UPDATE_VOFFSET": false,
    "DISABLE_WFI_WFE_TRAPS": false, "EXPORT_PMU_USER": false, "EXPORT_PCNT_USER": false, "EXPORT_VCNT_USER": false,
    "EXPORT_PTMR_USER": false, "EXPORT_VTMR_USER": false, "PADDR_USER_DEVICE_TOP": "1099511627776"}"#;

/// What `check` says about a kernel at EL2 with the settings of seL4's proofs but for this one, and what `inspect` says.
fn proofs(of_proofs: &str, changed: &str) -> [String; 2] {
    let folder = super::folder();
    folder.put(
        "kernel.elf",
        programs::kernel(programs::HYPERVISOR_BASE).to_bytes(),
    );
    folder.put("config.json", PROOFS.replace(of_proofs, changed));
    folder.accepted(&[]);
    let arguments = ["--kernel-config", "config.json"];
    let checked = check(&folder, &arguments);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    let inspected = folder.command(&[&["inspect", "image.elf"], &arguments[..]].concat());
    let inspected = String::from_utf8_lossy(&inspected.stdout).into_owned();
    let said = inspected.lines().find(|line| line.starts_with("proofs"));
    [
        line(&checked, "proofs"),
        said.unwrap_or_default().to_owned(),
    ]
}

#[test]
fn a_kernel_of_the_proofs_is_named() {
    let [checked, inspected] = proofs("", "");
    expect!["ok           proofs            the kernel of seL4's AARCH64_zynqmp_verified.cmake"]
        .assert_eq(&checked);
    expect!["proofs            the kernel of seL4's AARCH64_zynqmp_verified.cmake"]
        .assert_eq(&inspected);
}

#[test]
fn a_kernel_that_differs_from_the_proofs_is_told_apart() {
    let [checked, inspected] = proofs("\"NUM_DOMAINS\": \"16\"", "\"NUM_DOMAINS\": \"1\"");
    expect![[r#"
        warning      proofs            built for verification, but not a kernel of seL4's proofs
          expected: NUM_DOMAINS 16, as in seL4's AARCH64_zynqmp_verified.cmake
          found: NUM_DOMAINS 1
          help: build the kernel with kernel/PLATFORM/verified.cmake, or with KernelVerificationBuild=OFF"#]].assert_eq(&checked);
    expect![
        "proofs            built for verification, but not a kernel of seL4's proofs: NUM_DOMAINS 1"
    ]
    .assert_eq(&inspected);
    let [checked, _] = proofs("\"zcu102\"", "\"other\"");
    expect![[r#"
        warning      proofs            built for verification, but not a kernel of seL4's proofs
          expected: a platform with a file AARCH64_*_verified.cmake in seL4's configs
          found: no proofs for PLAT "zynqmp"
          help: build the kernel with kernel/PLATFORM/verified.cmake, or with KernelVerificationBuild=OFF"#]].assert_eq(&checked);
    let [checked, inspected] = proofs(
        "\"VERIFICATION_BUILD\": true, ",
        "\"VERIFICATION_BUILD\": false, ",
    );
    expect![
        "ok           proofs            not a kernel of seL4's proofs: VERIFICATION_BUILD false"
    ]
    .assert_eq(&checked);
    expect!["proofs            not a kernel of seL4's proofs: VERIFICATION_BUILD false"]
        .assert_eq(&inspected);
}
