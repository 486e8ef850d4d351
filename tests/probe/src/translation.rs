// SPDX-License-Identifier: BSD-2-Clause

//! The probe's own translation: the kernel window, as seL4 maps it, and the user image.
//!
//! Descriptors: Arm ARM DDI 0487, "Translation table descriptor formats".

use core::arch::asm;
use core::slice;

use aarch64_cpu::registers::{
    HCR_EL2, Readable, TCR_EL2, TTBR0_EL1, TTBR0_EL2, TTBR1_EL1, VTCR_EL2, VTTBR_EL2, Writeable,
};
use kaal_payload::PAGE_SIZE;

use crate::entry::is_hyp;
use crate::handover::Arguments;
use crate::image::{self, ZEROES};
use crate::registers::hcr_el2_without_pointer_traps;
use crate::table::Table;

static WINDOW_LEVEL_0: Table = Table::empty();
static WINDOW_LEVEL_1: Table = Table::empty();

/// Bits of a descriptor.
const BLOCK: u64 = 0b01;
const TABLE: u64 = 0b11;
const PAGE: u64 = 0b11;
const ACCESS: u64 = 1 << 10;
const INNER_SHAREABLE: u64 = 0b11 << 8;
const EXECUTE_NEVER: u64 = 1 << 54;

/// Stage 1: MAIR attributes 0 (device) and 4 (normal memory), and access by EL0.
const DEVICE: u64 = 0 << 2;
const NORMAL: u64 = 4 << 2;
const USER: u64 = 1 << 6;

/// Stage 2: normal write-back memory, readable and writable.
const STAGE_2_NORMAL: u64 = 0b1111 << 2;
const STAGE_2_READ_WRITE: u64 = 0b11 << 6;

const GIB: u64 = 1 << 30;

/// RAM begins here on QEMU's virt machine, after the devices.
const RAM_START: u64 = GIB;

/// More RAM than the tests use.
const RAM_END: u64 = 16 * GIB;

/// Index of an address in a table of `level`.
const fn index(address: u64, level: u32) -> u64 {
    address >> (39 - 9 * level) & 0x1ff
}

/// Replaces the loader's translation with a kernel window over devices and RAM.
pub(crate) fn enable() {
    let window = image::window_base();
    for start in (0..RAM_END).step_by(GIB as usize) {
        let attributes = match start < RAM_START {
            true => DEVICE | EXECUTE_NEVER,
            false => NORMAL | INNER_SHAREABLE,
        };
        WINDOW_LEVEL_1.set(
            index(window + start, 1),
            start | attributes | ACCESS | BLOCK,
        );
    }
    WINDOW_LEVEL_0.set(index(window, 0), physical(&WINDOW_LEVEL_1) | TABLE);
    switch();
}

/// Switches this core to the translation that the first core made.
pub(crate) fn switch() {
    let root = physical(&WINDOW_LEVEL_0);
    // SAFETY: the new tables map the running code at its address.
    unsafe {
        asm!("dsb ish", options(nostack));
        if is_hyp() {
            TTBR0_EL2.set(root);
            asm!("isb", "tlbi alle2", "dsb ish", "isb", options(nostack));
        } else {
            TTBR1_EL1.set(root);
            asm!("isb", "tlbi vmalle1", "dsb ish", "isb", options(nostack));
        }
    }
}

/// The physical address of a table.
fn physical(table: &Table) -> u64 {
    (&raw const *table).addr() as u64 - image::window_base()
}

/// The first of the `free` tables.
fn take(free: &mut slice::Iter<'static, Table>) -> &'static Table {
    match free.next() {
        Some(table) => table,
        None => panic!("too few translation tables for the user image"),
    }
}

/// The table of the next level at `index`. If there is none yet, makes it the first of the `free` tables.
fn next(table: &Table, index: u64, free: &mut slice::Iter<'static, Table>) -> &'static Table {
    match table.get(index) {
        0 => {
            let next = take(free);
            table.set(index, physical(next) | TABLE);
            next
        }
        descriptor => &ZEROES[((descriptor - physical(&ZEROES[0])) / PAGE_SIZE) as usize],
    }
}

/// Maps the user image for EL0. Like seL4, maps all its pages, those in gaps too, and uses stage 1 at EL1 and stage 2 at
/// EL2.
pub(crate) fn map_user_image(arguments: &Arguments) {
    let (first_level, attributes) = match is_hyp() {
        true => (1, STAGE_2_NORMAL | STAGE_2_READ_WRITE),
        false => (0, NORMAL | USER),
    };
    let mut free = ZEROES.iter();
    let root = take(&mut free);
    for physical in (arguments.user_start..arguments.user_end).step_by(PAGE_SIZE as usize) {
        let address = physical.wrapping_sub(arguments.pv_offset);
        let table = (first_level..3).fold(root, |table, level| {
            next(table, index(address, level), &mut free)
        });
        let descriptor = physical | attributes | INNER_SHAREABLE | ACCESS | PAGE;
        table.set(index(address, 3), descriptor);
    }
    // SAFETY: the probe's own translation doesn't change.
    unsafe {
        asm!("dsb ish", options(nostack));
        if is_hyp() {
            use_stage_2(root);
            asm!("isb", "tlbi vmalls12e1", "dsb ish", "isb", options(nostack));
        } else {
            TTBR0_EL1.set(physical(root));
            asm!("isb", "tlbi vmalle1", "dsb ish", "isb", options(nostack));
        }
    }
}

/// Runs EL0 directly under EL2, with only stage 2 of translation.
fn use_stage_2(root: &Table) {
    /// T0SZ: 39-bit addresses, so translation starts at level 1 with one table.
    const T0SZ: u64 = 64 - 39;
    /// SL0: start at level 1.
    const START_AT_LEVEL_1: u64 = 1 << 6;
    /// IRGN0, ORGN0, SH0: table walks write-back, inner shareable.
    const CACHEABLE_WALKS: u64 = 0b01 << 8 | 0b01 << 10 | 0b11 << 12;
    /// RES1
    const RES1: u64 = 1 << 31;
    /// HCR_EL2: stage 2 (VM), cacheable memory for EL0 (DC), exceptions of EL0 go to EL2 (TGE), AArch64 (RW).
    const HCR: u64 = 1 << 0 | 1 << 12 | 1 << 27 | 1 << 31;

    let size = TCR_EL2.get() & 0b111 << 16;
    VTCR_EL2.set(T0SZ | START_AT_LEVEL_1 | CACHEABLE_WALKS | size | RES1);
    VTTBR_EL2.set(physical(root));
    HCR_EL2.set(HCR | hcr_el2_without_pointer_traps());
}
