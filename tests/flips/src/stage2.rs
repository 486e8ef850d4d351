// SPDX-License-Identifier: BSD-2-Clause

//! The second stage of translation, which limits what the image can access (Arm ARM DDI 0487, "VMSAv8-64
//! translation table format descriptors").
//!
//! The window is mapped page by page, to notice writes to pages that are rarely written. Nothing else is mapped, except
//! sometimes a page in place of the UART.

use core::arch::asm;

use aarch64_cpu::registers::{VTCR_EL2, VTTBR_EL2, Writeable};
use kaal_flips::{Span, WINDOW};

use crate::areas::{PAGE_SIZE, PAGES};

const ENTRIES: usize = 512;

/// Number of tables of level 3 for the window; each maps 2 MiB.
const WINDOW_TABLES: usize = PAGES / ENTRIES;

/// Bytes that an entry of level 2 and of level 1 maps.
const LEVEL_2_SIZE: u64 = 2 << 20;
const LEVEL_1_SIZE: u64 = 1 << 30;

/// A valid descriptor of a table or page.
const VALID: u64 = 0b11;

/// Normal memory, write-back, inner shareable, accessed.
const MEMORY: u64 = VALID | 0b1111 << 2 | 0b11 << 8 | 1 << 10;

/// S2AP: readable, and writable.
const READABLE: u64 = 0b01 << 6;
const WRITABLE: u64 = 0b10 << 6;

/// XN
const NOT_EXECUTABLE: u64 = 1 << 54;

/// T0SZ: 32-bit addresses. SL0: walks begin at level 1. The tables are write-back and inner shareable. PS: 40 bits.
const CONTROL: u64 = 32 | 0b01 << 6 | 0b01 << 8 | 0b01 << 10 | 0b11 << 12 | 0b010 << 16 | 1 << 31;

#[repr(C, align(4096))]
struct Table([u64; ENTRIES]);

impl Table {
    const EMPTY: Self = Self([0; ENTRIES]);

    fn descriptor(&self) -> u64 {
        core::ptr::from_ref(self).addr() as u64 | VALID
    }
}

/// The tables.
#[repr(C)]
pub(crate) struct Stage2 {
    level_1: Table,
    uart_level_2: Table,
    uart_level_3: Table,
    window_level_2: Table,
    window_level_3: [Table; WINDOW_TABLES],
    /// The page in place of the UART.
    scratch: Table,
    kernel: Span,
    is_uart_mapped: bool,
    is_changed: bool,
}

impl Stage2 {
    pub(crate) const EMPTY: Self = Self {
        level_1: Table::EMPTY,
        uart_level_2: Table::EMPTY,
        uart_level_3: Table::EMPTY,
        window_level_2: Table::EMPTY,
        window_level_3: [const { Table::EMPTY }; _],
        scratch: Table::EMPTY,
        kernel: Span { start: 0, end: 0 },
        is_uart_mapped: false,
        is_changed: false,
    };

    /// Maps the window read-only, with `kernel` not executable, and sets the registers of translation.
    pub(crate) fn turn_on(&'static mut self, kernel: Span, uart: u64) -> &'static mut Self {
        self.kernel = kernel;
        self.level_1.0[index(uart, LEVEL_1_SIZE)] = self.uart_level_2.descriptor();
        self.uart_level_2.0[index(uart, LEVEL_2_SIZE)] = self.uart_level_3.descriptor();
        self.level_1.0[index(WINDOW.start, LEVEL_1_SIZE)] = self.window_level_2.descriptor();
        for (number, table) in self.window_level_3.iter().enumerate() {
            let start = WINDOW.start + number as u64 * LEVEL_2_SIZE;
            self.window_level_2.0[index(start, LEVEL_2_SIZE)] = table.descriptor();
        }
        for page in 0..PAGES {
            self.set_writable(page, false);
        }
        VTCR_EL2.set(CONTROL);
        VTTBR_EL2.set(core::ptr::from_ref(&self.level_1).addr() as u64);
        self.is_changed = true;
        self
    }

    /// Makes a page of the window writable or read-only.
    pub(crate) fn set_writable(&mut self, page: usize, is_writable: bool) {
        let address = WINDOW.start + (page * PAGE_SIZE) as u64;
        let mut descriptor = address | MEMORY | READABLE;
        if is_writable {
            descriptor |= WRITABLE;
        }
        if self.kernel.contains(address) {
            descriptor |= NOT_EXECUTABLE;
        }
        self.window_level_3[page / ENTRIES].0[page % ENTRIES] = descriptor;
        self.is_changed = true;
    }

    /// Maps a page of memory in place of the UART, which then always has room and shows nothing, or unmaps it.
    pub(crate) fn map_uart(&mut self, uart: u64, is_mapped: bool) {
        if self.is_uart_mapped == is_mapped {
            return;
        }
        self.scratch = Table::EMPTY;
        self.uart_level_3.0[index(uart, PAGE_SIZE as u64)] = match is_mapped {
            true => {
                core::ptr::from_ref(&self.scratch).addr() as u64
                    | MEMORY
                    | READABLE
                    | WRITABLE
                    | NOT_EXECUTABLE
            }
            false => 0,
        };
        self.is_uart_mapped = is_mapped;
        self.is_changed = true;
    }

    /// Makes changes effective before the image resumes.
    pub(crate) fn commit(&mut self) {
        if self.is_changed {
            // SAFETY: the tables are complete, and don't map this program.
            unsafe {
                asm!(
                    "dsb ishst",
                    "tlbi vmalls12e1is",
                    "dsb ish",
                    "isb",
                    options(nostack, preserves_flags)
                );
            }
            self.is_changed = false;
        }
    }
}

/// Index of `address` in a table whose entries map `size` bytes each.
fn index(address: u64, size: u64) -> usize {
    (address / size) as usize % ENTRIES
}
