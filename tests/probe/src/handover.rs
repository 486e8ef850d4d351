// SPDX-License-Identifier: BSD-2-Clause

//! Rows about registers, under the loader's translation.

use core::arch::asm;

use aarch64_cpu::registers::{
    CNTVOFF_EL2, CPTR_EL2, CurrentEL, DAIF, HCR_EL2, ID_AA64MMFR0_EL1, MAIR_EL1, MAIR_EL2, PAR_EL1,
    Readable, SCTLR_EL1, SCTLR_EL2, TCR_EL1, TCR_EL2, TPIDR_EL1, TTBR0_EL1, TTBR0_EL2, TTBR1_EL1,
};
use kaal_payload::PAGE_SIZE;

use crate::console::UART_BASE;
use crate::image;
use crate::registers::{difference_of_counters, hcr_el2_without_pointer_traps};
use crate::report::Report;
use crate::settings;

/// The kernel's arguments, in x0 to x5 (seL4 16.0.0, `src/arch/arm/64/head.S`).
#[repr(C)]
pub(crate) struct Arguments {
    /// The user image's first physical address.
    pub(crate) user_start: u64,
    /// The physical address after the user image.
    pub(crate) user_end: u64,
    /// Physical minus virtual address of the user image.
    pub(crate) pv_offset: u64,
    /// Entry point of the user image.
    pub(crate) user_entry: u64,
    /// The device tree's physical address; 0 for none.
    pub(crate) dtb_start: u64,
    /// The device tree's size.
    pub(crate) dtb_size: u64,
}

/// MAIR_ELx with seL4's attributes 0 to 5 (seL4 16.0.0, `include/arch/arm/arch/64/mode/kernel/vspace.h`).
const MAIR: u64 = 0xaaff_440c_0400;

/// TCR_EL1 without IPS: seL4 relies on these values, and doesn't set them.
const TCR_EL1_BUT_IPS: u64 = 0x10_b510_3510;

/// TCR_EL2 without PS (seL4 16.0.0, `TCR_EL2_DEFAULT` in `include/arch/arm/arch/64/mode/machine.h`).
const TCR_EL2_BUT_PS: u64 = 0x8080_3510;

/// SCTLR_ELx bits that must be set: translation (M), data and instruction caches (C, I).
const SCTLR_SET: u64 = 1 << 0 | 1 << 2 | 1 << 12;

/// SCTLR_ELx bits that must be clear: alignment checks (A), write implies execute-never (WXN), big endian (EE).
const SCTLR_CLEAR: u64 = 1 << 1 | 1 << 19 | 1 << 25;

/// HCR_EL2.RW: EL1 is AArch64.
const HCR_EL2_RW: u64 = 1 << 31;

/// CPTR_EL2 without traps: its RES1 bits.
const CPTR_EL2_NO_TRAPS: u64 = 0x33ff;

/// The fields of CPTR_EL2 that trap: TCPAC, TTA and TFP.
const CPTR_EL2_TRAPS: u64 = 1 << 31 | 1 << 20 | 1 << 10;

/// Checks everything that doesn't need memory accesses.
pub(crate) fn check(arguments: &Arguments, report: &mut Report) {
    report.equal(
        "exception level",
        image::expected_level(),
        CurrentEL.read(CurrentEL::EL),
    );
    report.equal("interrupts masked", 0b1111, DAIF.get() >> 6 & 0b1111);
    report.equal("TPIDR_EL1 is this core's number", 0, TPIDR_EL1.get());
    match image::expected_level() {
        1 => el1(report),
        _ => el2(report),
    }
    for (name, expected, found) in settings::all() {
        report.equal(name, expected, found);
    }
    image_rows(report);
    user_image_rows(arguments, report);
}

fn el1(report: &mut Report) {
    let sctlr = SCTLR_EL1.get();
    report.equal("SCTLR_EL1: MMU and caches on", SCTLR_SET, sctlr & SCTLR_SET);
    report.equal("SCTLR_EL1: A, WXN, EE off", 0, sctlr & SCTLR_CLEAR);
    report.equal("MAIR_EL1", MAIR, MAIR_EL1.get());
    let size = physical_address_range().min(5) << 32;
    report.equal("TCR_EL1", TCR_EL1_BUT_IPS | size, TCR_EL1.get());
    report.equal("TTBR0_EL1 is a page", 0, TTBR0_EL1.get() % PAGE_SIZE);
    report.equal("TTBR1_EL1 is a page", 0, TTBR1_EL1.get() % PAGE_SIZE);
    report.equal(
        "virtual counter is the physical one",
        0,
        difference_of_counters(),
    );
}

fn el2(report: &mut Report) {
    let sctlr = SCTLR_EL2.get();
    report.equal("SCTLR_EL2: MMU and caches on", SCTLR_SET, sctlr & SCTLR_SET);
    report.equal("SCTLR_EL2: A, WXN, EE off", 0, sctlr & SCTLR_CLEAR);
    report.equal("MAIR_EL2", MAIR, MAIR_EL2.get());
    let size = if physical_address_range() < 4 { 2 } else { 4 };
    report.equal("TCR_EL2", TCR_EL2_BUT_PS | size << 16, TCR_EL2.get());
    report.equal("TTBR0_EL2 is a page", 0, TTBR0_EL2.get() % PAGE_SIZE);
    report.equal(
        "HCR_EL2: RW, and no traps of pointer authentication",
        HCR_EL2_RW | hcr_el2_without_pointer_traps(),
        HCR_EL2.get(),
    );
    report.equal(
        "CPTR_EL2",
        CPTR_EL2_NO_TRAPS & !CPTR_EL2_TRAPS,
        CPTR_EL2.get(),
    );
    report.equal("CNTVOFF_EL2", 0, CNTVOFF_EL2.get());
}

fn physical_address_range() -> u64 {
    ID_AA64MMFR0_EL1.read(ID_AA64MMFR0_EL1::PARange)
}

/// Checks the probe's own image: whole, zeroed, and mapped at the addresses that it is linked for.
fn image_rows(report: &mut Report) {
    report.holds(".data is initialised", image::data_is_initialised());
    report.equal(
        "words of .bss that are not zero",
        0,
        image::words_not_zeroed(),
    );
    let (memory, window) = (image::memory(), image::window_base());
    let last = memory.end.0 - PAGE_SIZE;
    let first_found = translate(window + memory.start.0);
    report.equal(
        "first page of the kernel window",
        memory.start.0,
        first_found,
    );
    report.equal(
        "last page of the kernel window",
        last,
        translate(window + last),
    );
    report.equal("no device is mapped", NOT_MAPPED, translate(UART_BASE));
    report.equal(
        "nothing behind the kernel window",
        NOT_MAPPED,
        translate(window + memory.end.0),
    );
}

fn user_image_rows(arguments: &Arguments, report: &mut Report) {
    let Arguments {
        user_start,
        user_end,
        ..
    } = *arguments;
    report.equal("user image starts on a page", 0, user_start % PAGE_SIZE);
    report.equal("user image ends on a page", 0, user_end % PAGE_SIZE);
    report.at_least("user image has a page", user_start + PAGE_SIZE, user_end);
    let entry = arguments.user_entry.wrapping_add(arguments.pv_offset);
    report.holds(
        "user entry is in the image",
        (user_start..user_end).contains(&entry),
    );
}

/// The result of [`translate`] for an unmapped address.
const NOT_MAPPED: u64 = u64::MAX;

/// The physical address of `address` in the current translation.
fn translate(address: u64) -> u64 {
    // SAFETY: address translation instructions only change PAR_EL1.
    unsafe {
        match image::expected_level() {
            1 => asm!("at s1e1r, {}", "isb", in(reg) address, options(nostack)),
            _ => asm!("at s1e2r, {}", "isb", in(reg) address, options(nostack)),
        }
    }
    let result = PAR_EL1.get();
    match result & 1 {
        0 => (result & 0xffff_ffff_f000) | (address % PAGE_SIZE),
        _ => NOT_MAPPED,
    }
}
