// SPDX-License-Identifier: BSD-2-Clause

//! The probe's own translation: the kernel window, as seL4 maps it, and the user image.
//!
//! Descriptors: Arm ARM DDI 0487, "Translation table descriptor formats".

use core::arch::asm;
use core::cell::UnsafeCell;

use aarch64_cpu::registers::{
    HCR_EL2, Readable, TCR_EL2, TTBR0_EL1, TTBR0_EL2, TTBR1_EL1, VTCR_EL2, VTTBR_EL2, Writeable,
};
use kaal_payload::PAGE_SIZE;

use crate::entry::is_hyp;
use crate::handover::Arguments;
use crate::image;
use crate::registers::hcr_el2_without_pointer_traps;

const ENTRIES: usize = 512;

/// A page table.
#[repr(C, align(4096))]
struct Table(UnsafeCell<[u64; ENTRIES]>);

// SAFETY: only one core writes to it.
unsafe impl Sync for Table {}

impl Table {
    const fn empty() -> Self {
        Self(UnsafeCell::new([0; ENTRIES]))
    }

    fn set(&self, index: u64, descriptor: u64) {
        let entries = self.0.get().cast::<u64>();
        // SAFETY: only one core uses the table, and the index is within it.
        unsafe {
            entries
                .add(index as usize % ENTRIES)
                .write_volatile(descriptor)
        };
    }

    fn physical(&self) -> u64 {
        self.0.get().addr() as u64 - image::window_base()
    }
}

static WINDOW_LEVEL_0: Table = Table::empty();
static WINDOW_LEVEL_1: Table = Table::empty();
static USER_LEVEL_0: Table = Table::empty();
static USER_LEVEL_1: Table = Table::empty();
static USER_LEVEL_2: Table = Table::empty();
static USER_LEVEL_3: Table = Table::empty();

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

/// Bytes that a table of level 3 maps.
const TABLE_REACH: u64 = 2 << 20;

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
    WINDOW_LEVEL_0.set(index(window, 0), WINDOW_LEVEL_1.physical() | TABLE);
    switch();
}

/// Switches this core to the translation that the first core made.
pub(crate) fn switch() {
    let root = WINDOW_LEVEL_0.physical();
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

/// Maps the user image for EL0, up to the size of one table. Like seL4, uses stage 1 at EL1, and stage 2 at EL2.
pub(crate) fn map_user_image(arguments: &Arguments) {
    let attributes = match is_hyp() {
        true => STAGE_2_NORMAL | STAGE_2_READ_WRITE,
        false => NORMAL | USER,
    };
    let virtual_start = arguments.user_start.wrapping_sub(arguments.pv_offset);
    let reach = (virtual_start + 1).next_multiple_of(TABLE_REACH) - virtual_start;
    let end = arguments.user_end.min(arguments.user_start + reach);
    for physical in (arguments.user_start..end).step_by(PAGE_SIZE as usize) {
        let address = physical.wrapping_sub(arguments.pv_offset);
        let descriptor = physical | attributes | INNER_SHAREABLE | ACCESS | PAGE;
        USER_LEVEL_3.set(index(address, 3), descriptor);
    }
    USER_LEVEL_2.set(index(virtual_start, 2), USER_LEVEL_3.physical() | TABLE);
    USER_LEVEL_1.set(index(virtual_start, 1), USER_LEVEL_2.physical() | TABLE);
    USER_LEVEL_0.set(index(virtual_start, 0), USER_LEVEL_1.physical() | TABLE);
    // SAFETY: the probe's own translation doesn't change.
    unsafe {
        asm!("dsb ish", options(nostack));
        if is_hyp() {
            use_stage_2();
            asm!("isb", "tlbi vmalls12e1", "dsb ish", "isb", options(nostack));
        } else {
            TTBR0_EL1.set(USER_LEVEL_0.physical());
            asm!("isb", "tlbi vmalle1", "dsb ish", "isb", options(nostack));
        }
    }
}

/// Runs EL0 directly under EL2, with only stage 2 of translation.
fn use_stage_2() {
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
    VTTBR_EL2.set(USER_LEVEL_1.physical());
    HCR_EL2.set(HCR | hcr_el2_without_pointer_traps());
}
