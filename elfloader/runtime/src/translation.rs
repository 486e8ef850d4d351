// SPDX-License-Identifier: BSD-2-Clause

//! Turns the MMU and the caches on for a while, because reading and writing memory without caches takes many times
//! longer.
//!
//! The page tables map memory one to one, so a program continues when translation turns on and off. They map no device:
//! the console turns translation off while it prints. Source: Arm Architecture Reference Manual, DDI 0487, the
//! descriptions of the registers.

use core::arch::{asm, naked_asm};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use kaal_payload::{PhysAddr, PhysRange};
use kaal_translation::{Regime, Table, Tables, TablesError, Use};

use crate::entry::own_memory;
use crate::registers::{
    HCR_EL2_E2H, PS_48_BITS, SCTLR_EL1_OFF, SCTLR_EL2_OFF, SCTLR_M, SCTLR_ON, TCR_EL1_IPS_SHIFT,
    TCR_EL2, TCR_EL2_PS_SHIFT, TCR_RANGE, current_level, physical_address_range,
};
use crate::takeover::write_control;
use crate::{cache, read_own_register, read_register, write_own_register};

/// MAIR_ELx: attribute 0 is normal memory, write-back.
const MAIR: u64 = 0xff;

/// TCR_EL1.EPD1: the upper address range has no tables.
const TCR_EL1_EPD1: u64 = 1 << 23;

/// Whether the program has turned translation on. Firmware that was refused may have done so, too. In `.data`, as all
/// that a report needs.
#[unsafe(link_section = ".data")]
static IS_OWN: AtomicBool = AtomicBool::new(false);

/// Page tables of the current exception level.
pub struct Translation(Tables<'static>);

impl Translation {
    /// Page tables in `pool`.
    ///
    /// # Errors
    ///
    /// Fails if the pool is empty.
    pub fn new(pool: &'static mut [Table]) -> Result<Self, TablesError> {
        let base = PhysAddr(pool.as_ptr().addr() as u64);
        let regime = match has_layout_of_el1() {
            true => Regime::El1,
            false => Regime::El2OrEl3,
        };
        Tables::new(pool, base, regime).map(Self)
    }

    /// Maps all pages of `memory`, also while translation is on. Existing mappings stay as they are.
    ///
    /// # Errors
    ///
    /// As [`Tables::map`].
    pub fn map(&mut self, memory: PhysRange, what_for: Use) -> Result<(), TablesError> {
        self.0.map(memory, what_for)?;
        // The processor reads the tables from now on. A descriptor that was invalid is in no TLB.
        // SAFETY: barriers.
        unsafe { asm!("dsb ishst", "isb", options(nostack, preserves_flags)) };
        Ok(())
    }

    /// Turns translation and caches on.
    ///
    /// # Safety
    ///
    /// The tables must map the program, and whatever it accesses from now on.
    pub unsafe fn turn_on(&self) {
        let range = physical_address_range().min(PS_48_BITS);
        let tcr = match has_layout_of_el1() {
            true => TCR_RANGE | TCR_EL1_EPD1 | range << TCR_EL1_IPS_SHIFT,
            false => TCR_EL2 | range << TCR_EL2_PS_SHIFT,
        };
        IS_OWN.store(true, Relaxed);
        let tables = self.0.memory();
        // SAFETY: the caller vouches for the tables. They were written past the caches, which may have old lines of
        // them.
        unsafe {
            write_own_register!("mair", MAIR);
            write_own_register!("tcr", tcr);
            write_own_register!("ttbr0", tables.start.0);
            cache::clean(tables.start.0, tables.end.0);
            resume();
        }
    }

    /// Turns translation and caches off.
    ///
    /// # Safety
    ///
    /// What was written must be clean, but for the tables and the program's own memory.
    pub unsafe fn turn_off(self) {
        let tables = self.0.memory();
        // SAFETY: the caller vouches for the rest.
        unsafe {
            cache::clean(tables.start.0, tables.end.0);
            suspend();
        }
    }
}

/// Does `work` without translation and caches, whether they are on or not. It may access devices.
pub fn without<T>(work: impl FnOnce() -> T) -> T {
    let was_on = IS_OWN.load(Relaxed) && read_own_register!("sctlr") & SCTLR_M != 0;
    if was_on {
        // SAFETY: what another core or a device reads is clean.
        unsafe { suspend() };
    }
    let result = work();
    if was_on {
        // SAFETY: the tables were in use before.
        unsafe { resume() };
    }
    result
}

/// Turns translation off.
///
/// # Safety
///
/// As [`Translation::turn_off`].
unsafe fn suspend() {
    let own = own_memory();
    // SAFETY: the program lies at the same address without translation.
    unsafe { turn_off_and_clean(own.start.0, own.end.0, sctlr()) };
}

/// Turns translation on, by tables that were in use before.
///
/// # Safety
///
/// As [`Translation::turn_on`].
unsafe fn resume() {
    let own = own_memory();
    // SAFETY: the caller vouches for the tables.
    unsafe { clean_and_turn_on(own.start.0, own.end.0, sctlr() | SCTLR_ON) };
}

/// Whether the registers for translation have the layout of EL1's: with HCR_EL2.E2H, EL2's do, too.
fn has_layout_of_el1() -> bool {
    match current_level() {
        1 => true,
        2 => read_register!("hcr_el2") & HCR_EL2_E2H != 0,
        _ => false,
    }
}

/// SCTLR_ELx of the current exception level, with translation off.
fn sctlr() -> u64 {
    match has_layout_of_el1() {
        true => SCTLR_EL1_OFF,
        false => SCTLR_EL2_OFF,
    }
}

/// Cleans memory that was written past the caches, which may have old lines of it, and writes SCTLR_ELx, to turn
/// translation on. Accesses no memory.
///
/// # Safety
///
/// The tables must map this program at its own address.
#[unsafe(naked)]
unsafe extern "C" fn clean_and_turn_on(start: u64, end: u64, sctlr: u64) {
    naked_asm!(
        "mov     x6, x2",
        "mov     x7, x30",
        "bl      {clean}",
        "mov     x0, x6",
        "bl      {set_sctlr}",
        "ret     x7",
        clean = sym cache::clean,
        set_sctlr = sym set_sctlr,
    )
}

/// Writes SCTLR_ELx, to turn translation off, and cleans memory that will be accessed past the caches. Accesses no
/// memory meanwhile.
///
/// Also invalidates the instruction caches of all cores, because what was written may be executed.
///
/// # Safety
///
/// This program must be mapped at its own address.
#[unsafe(naked)]
unsafe extern "C" fn turn_off_and_clean(start: u64, end: u64, sctlr: u64) {
    naked_asm!(
        "mov     x6, x0",
        "mov     x7, x30",
        "mov     x0, x2",
        "bl      {set_sctlr}",
        "mov     x0, x6",
        "bl      {clean}",
        "ic      ialluis",
        "dsb     sy",
        "isb",
        "ret     x7",
        clean = sym cache::clean,
        set_sctlr = sym set_sctlr,
    )
}

/// Removes old translations and writes SCTLR_ELx. Changes x11 and x13, and accesses no memory.
#[unsafe(naked)]
unsafe extern "C" fn set_sctlr(sctlr: u64) {
    naked_asm!(
        "isb",
        "mov     x13, x0",
        "mrs     x11, CurrentEL",
        "cmp     x11, #{el2}",
        "b.hi    3f",
        "b.eq    2f",
        "tlbi    vmalle1",
        "b       4f",
        "2:",
        "tlbi    alle2",
        "b       4f",
        "3:",
        "tlbi    alle3",
        "4:",
        "dsb     sy",
        "isb",
        "b       {write_control}",
        el2 = const 2 << 2,
        write_control = sym write_control,
    )
}
