// SPDX-License-Identifier: BSD-2-Clause

//! Turns the MMU and the caches on for a while: copying past the caches would take many times longer.
//!
//! Mapped, where they are, are the package, the memory that may be worked in and the destinations; no
//! device is, so nothing can be printed. Source: Arm Architecture Reference Manual, DDI 0487, the
//! descriptions of the registers named.

use core::arch::asm;
use core::ptr;
use core::slice;

use kaal_payload::{PACKAGE_HEADER_MAX_SIZE, PAGE_SIZE, PhysAddr, PhysRange, TABLES_SIZE};
use kaal_runtime::registers::{
    SCTLR_C, SCTLR_EL1_OFF, SCTLR_EL2_OFF, SCTLR_I, SCTLR_M, current_level, physical_address_range,
};
use kaal_runtime::{address_of, read_register, write_register};
use kaal_translation::{Regime, Table, Tables, TablesError, Use};

use crate::memory;
use crate::package::Found;

/// MAIR_ELx: attribute 0 is normal memory, write-back.
const MAIR: u64 = 0xff;

/// TCR_ELx: 48-bit addresses (T0SZ is 16), 4 KiB granules (TG0 is 0), table walks write-back
/// write-allocate (IRGN0, ORGN0) and inner shareable (SH0).
const TCR: u64 = 16 | 0b01 << 8 | 0b01 << 10 | 0b11 << 12;

/// TCR_EL1.EPD1: there are no tables for the upper address range.
const TCR_EL1_EPD1: u64 = 1 << 23;

/// Where TCR_EL1.IPS begins.
const TCR_EL1_IPS_SHIFT: u32 = 32;

/// TCR_EL2 and TCR_EL3: bits 23 and 31 are RES1.
const TCR_EL2_RES1: u64 = 1 << 23 | 1 << 31;

/// Where TCR_EL2.PS and TCR_EL3.PS begin.
const TCR_EL2_PS_SHIFT: u32 = 16;

/// 48 bits, as TCR_ELx.(I)PS encodes it: the most that these tables can name.
const PS_48_BITS: u64 = 5;

/// What turns translation and caches on.
const SCTLR_ON: u64 = SCTLR_M | SCTLR_C | SCTLR_I;

/// Tables that map all that unpacking needs.
pub(crate) fn tables(found: &Found) -> Result<PhysAddr, TablesError> {
    let start = pool();
    let count = TABLES_SIZE as usize / size_of::<Table>();
    // SAFETY: there is this pool at the slot's end, it is zero, and nobody else uses it.
    let pool: &mut [Table] =
        unsafe { slice::from_raw_parts_mut(ptr::with_exposed_provenance_mut(start), count) };
    let regime = match current_level() {
        1 => Regime::El1,
        _ => Regime::El2OrEl3,
    };
    let mut tables = Tables::new(pool, PhysAddr(start as u64), regime)?;
    tables.map(code(), Use::Code)?;
    tables.map(found.memory, Use::Data)?;
    if let Some(scratch) = found.package.scratch.memory() {
        tables.map(scratch, Use::Data)?;
    }
    for chunk in found.package.chunks {
        tables.map(chunk.memory(), Use::Data)?;
    }
    Ok(tables.root())
}

/// The address of the memory that the tables are made in: behind the package header, at the slot's end.
fn pool() -> usize {
    let end = address_of!("_end").addr();
    end.next_multiple_of(PAGE_SIZE as usize) + PACKAGE_HEADER_MAX_SIZE
}

/// The unpacker's pages that are not written to.
fn code() -> PhysRange {
    PhysRange {
        start: PhysAddr(address_of!("__ehdr_start").addr() as u64),
        end: PhysAddr(address_of!("_etext").addr() as u64),
    }
}

/// Does `work` with the MMU and the caches on, and the tables that begin at `root`.
///
/// # Safety
///
/// The tables must map this program, and all that `work` accesses.
pub(crate) unsafe fn with<T>(root: PhysAddr, work: impl FnOnce() -> T) -> T {
    // SAFETY: the tables map this program where it is, so that it goes on when they take effect.
    let before = unsafe { turn_on(root) };
    let result = work();
    // SAFETY: that is how it was.
    unsafe { turn_off(before) };
    result
}

/// Forgets what caches hold of this program's memory, up to the tables' end, and what the TLB and the
/// instruction cache hold; then writes a SCTLR_ELx that turns translation on. In between, no memory is
/// accessed.
///
/// All of that has been written past the caches since the slot was cleaned. A cache that holds instructions
/// as well may have got lines of it meanwhile by fetches, which are never dirty.
macro_rules! set_sctlr {
    ($invalidate:literal, $name:literal, $value:expr) => {
        asm!(
            "isb",
            "2:",
            "dc      civac, {next}",
            "add     {next}, {next}, {line}",
            "cmp     {next}, {end}",
            "b.lo    2b",
            "dsb     sy",
            $invalidate,
            "ic      iallu",
            "dsb     sy",
            "isb",
            concat!("msr     ", $name, ", {value}"),
            "isb",
            next = inout(reg) address_of!("__ehdr_start") => _,
            line = in(reg) memory::cache_line(),
            end = in(reg) pool() + TABLES_SIZE as usize,
            value = in(reg) $value,
            options(nostack),
        )
    };
}

/// Turns translation on. Returns the SCTLR_ELx before that.
///
/// # Safety
///
/// As [`with`].
unsafe fn turn_on(root: PhysAddr) -> u64 {
    let range = physical_address_range().min(PS_48_BITS);
    let el2_or_el3 = TCR | TCR_EL2_RES1 | range << TCR_EL2_PS_SHIFT;
    // SAFETY: the caller vouches for the tables.
    unsafe {
        match current_level() {
            1 => {
                let before = read_register!("sctlr_el1");
                write_register!("mair_el1", MAIR);
                write_register!("tcr_el1", TCR | TCR_EL1_EPD1 | range << TCR_EL1_IPS_SHIFT);
                write_register!("ttbr0_el1", root.0);
                set_sctlr!("tlbi    vmalle1", "sctlr_el1", SCTLR_EL1_OFF | SCTLR_ON);
                before
            }
            2 => {
                let before = read_register!("sctlr_el2");
                write_register!("mair_el2", MAIR);
                write_register!("tcr_el2", el2_or_el3);
                write_register!("ttbr0_el2", root.0);
                set_sctlr!("tlbi    alle2", "sctlr_el2", SCTLR_EL2_OFF | SCTLR_ON);
                before
            }
            _ => {
                let before = read_register!("sctlr_el3");
                write_register!("mair_el3", MAIR);
                write_register!("tcr_el3", el2_or_el3);
                write_register!("ttbr0_el3", root.0);
                set_sctlr!("tlbi    alle3", "sctlr_el3", SCTLR_EL2_OFF | SCTLR_ON);
                before
            }
        }
    }
}

/// Writes a SCTLR_ELx that turns translation and the data cache off, then cleans this program's own
/// memory: what is on the stack, above all. Between the two, no memory is accessed.
macro_rules! reset_sctlr {
    ($name:literal, $value:expr) => {
        asm!(
            concat!("msr     ", $name, ", {value}"),
            "isb",
            "2:",
            "dc      civac, {next}",
            "add     {next}, {next}, {line}",
            "cmp     {next}, {end}",
            "b.lo    2b",
            "dsb     sy",
            // What has been unpacked will be executed, perhaps by other cores.
            "ic      ialluis",
            "dsb     sy",
            "isb",
            value = in(reg) $value,
            next = inout(reg) address_of!("__ehdr_start") => _,
            line = in(reg) memory::cache_line(),
            end = in(reg) address_of!("_end"),
            options(nostack),
        )
    };
}

/// Turns translation off by writing `before` to SCTLR_ELx.
///
/// # Safety
///
/// It must be on by [`turn_on`], which returned `before`.
unsafe fn turn_off(before: u64) {
    // SAFETY: this program goes on where it is.
    unsafe {
        match current_level() {
            1 => reset_sctlr!("sctlr_el1", before),
            2 => reset_sctlr!("sctlr_el2", before),
            _ => reset_sctlr!("sctlr_el3", before),
        }
    }
}
