// SPDX-License-Identifier: BSD-2-Clause

//! Turns the MMU and the caches on for a while, because copying without caches takes many times longer.
//!
//! The page tables map the package, the working memory and the destinations, one to one. They map no device, so nothing
//! can be printed. Source: Arm Architecture Reference Manual, DDI 0487, the descriptions of the registers.

use core::arch::naked_asm;
use core::ptr;
use core::slice;

use kaal_payload::{PACKAGE_HEADER_MAX_SIZE, PAGE_SIZE, PhysAddr, PhysRange, TABLES_SIZE};
use kaal_runtime::registers::{
    PS_48_BITS, SCTLR_EL1_OFF, SCTLR_EL2_OFF, SCTLR_ON, TCR_EL1_IPS_SHIFT, TCR_EL2,
    TCR_EL2_PS_SHIFT, TCR_RANGE, current_level, physical_address_range,
};
use kaal_runtime::{address_of, cache, read_own_register, write_own_register};
use kaal_translation::{Regime, Table, Tables, TablesError, Use};

use crate::package::Found;

/// MAIR_ELx: attribute 0 is normal memory, write-back.
const MAIR: u64 = 0xff;

/// TCR_EL1.EPD1: the upper address range has no tables.
const TCR_EL1_EPD1: u64 = 1 << 23;

/// Makes the page tables, and returns the address of their root.
pub(crate) fn tables(found: &Found) -> Result<PhysAddr, TablesError> {
    let start = pool();
    let count = TABLES_SIZE as usize / size_of::<Table>();
    // SAFETY: this pool lies at the slot's end, is zero, and nothing else uses it.
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

/// Address of the memory for the page tables, behind the package header at the slot's end.
fn pool() -> usize {
    let end = address_of!("_end").addr();
    end.next_multiple_of(PAGE_SIZE as usize) + PACKAGE_HEADER_MAX_SIZE
}

/// The pages of the unpacker that it doesn't write to.
fn code() -> PhysRange {
    PhysRange {
        start: PhysAddr(address_of!("__ehdr_start").addr() as u64),
        end: PhysAddr(address_of!("_etext").addr() as u64),
    }
}

/// Calls `work` with the MMU and the caches on, and the page tables at `root`.
///
/// # Safety
///
/// The tables must map this program, and everything that `work` accesses.
pub(crate) unsafe fn with<T>(root: PhysAddr, work: impl FnOnce() -> T) -> T {
    let range = physical_address_range().min(PS_48_BITS);
    let (tcr, sctlr) = match current_level() {
        1 => (
            TCR_RANGE | TCR_EL1_EPD1 | range << TCR_EL1_IPS_SHIFT,
            SCTLR_EL1_OFF | SCTLR_ON,
        ),
        _ => (
            TCR_EL2 | range << TCR_EL2_PS_SHIFT,
            SCTLR_EL2_OFF | SCTLR_ON,
        ),
    };
    let start = address_of!("__ehdr_start");
    let end = pool() + TABLES_SIZE as usize;
    let before = read_own_register!("sctlr");
    // SAFETY: the tables map this program at its own address, so it continues when translation turns on and off.
    unsafe {
        write_own_register!("mair", MAIR);
        write_own_register!("tcr", tcr);
        write_own_register!("ttbr0", root.0);
        set_sctlr(start, end, sctlr);
        let result = work();
        set_sctlr(start, end, before);
        result
    }
}

/// Writes SCTLR_ELx, to turn translation and the data cache on or off, without accessing memory meanwhile.
///
/// Cleans the memory from `start` up to `end`, before and after. Before: it was written past the cache, and a
/// cache that also holds instructions may hold old lines of it. After: it will be accessed past the cache
/// again, above all the stack. Also invalidates the TLB and the instruction cache, because what was unpacked
/// will be executed, perhaps by other cores.
///
/// # Safety
///
/// This program must be mapped at its own address, before and after.
#[unsafe(naked)]
unsafe extern "C" fn set_sctlr(start: *const u8, end: usize, sctlr: u64) {
    naked_asm!(
        "mov     x4, x0",
        "mov     x5, x1",
        "mov     x6, x2",
        "mov     x7, x30",
        "isb",
        "bl      {clean}",
        "ic      ialluis",
        "mrs     x0, CurrentEL",
        "cmp     x0, #{el2}",
        "b.hi    3f",
        "b.eq    2f",
        "tlbi    vmalle1",
        "dsb     sy",
        "isb",
        "msr     sctlr_el1, x6",
        "b       4f",
        "2:",
        "tlbi    alle2",
        "dsb     sy",
        "isb",
        "msr     sctlr_el2, x6",
        "b       4f",
        "3:",
        "tlbi    alle3",
        "dsb     sy",
        "isb",
        "msr     sctlr_el3, x6",
        "4:",
        "isb",
        "mov     x0, x4",
        "mov     x1, x5",
        "bl      {clean}",
        "ic      ialluis",
        "dsb     sy",
        "isb",
        "ret     x7",
        el2 = const 2 << 2,
        clean = sym cache::clean,
    )
}
