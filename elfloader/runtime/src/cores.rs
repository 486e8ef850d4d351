// SPDX-License-Identifier: BSD-2-Clause

//! The machine's cores: their numbers, and how they hear of each other.
//!
//! A core finds its number by looking for itself in `Cores::list`, with nothing but its MPIDR_EL1.
//! So one entry point serves whatever starts a core, be it firmware that passes an argument, firmware
//! that passes none, or the pen; and a fault finds the stack of the core that it happens on, though
//! the kernel may have changed every register that says so.
//!
//! # Coherence
//!
//! Until the instruction that turns a core's MMU on, which only a barrier and a branch part from the
//! kernel, all cores run with the MMU off. Their data accesses are then to Device-nGnRnE memory (Arm
//! ARM DDI 0487, "The effects of disabling an address translation stage"): each goes past the caches,
//! whole and in the program's order, so one core reads what another wrote. A barrier lies between what
//! is written and what tells others of it, which may be firmware's business.
//!
//! No cache holds a line that could be written back over this: cores begin with their caches off, and
//! firmware has cleaned what it loaded. Only where firmware's own cores may look at memory through
//! theirs must lines be removed: the words of a spin-table.
//!
//! With the MMU on, a core accesses nothing of the program any more, and the kernel's memory, which
//! nobody has written to since it was loaded, is the same for all: inner shareable, write-back.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use kaal_payload::MAX_CORES;

use crate::{clock, read_register};

/// Bits of MPIDR_EL1 that are no affinity and differ between device tree and register: U, MT and
/// those between. Bit 31 is RES1 and remains.
pub(crate) const NO_AFFINITY: u64 = 0x7f00_0000;

/// MPIDR_EL1, bit 31: set in every core's, and so in every entry of the list that is in use.
const RES1: u64 = 1 << 31;

/// What cores have in common.
#[repr(C)]
pub(crate) struct Cores {
    /// MPIDR_EL1 of each core but the one that boots, by number, without what is no affinity.
    list: [AtomicU64; MAX_CORES as usize],
    /// Where those cores go on that wait in the pen; 0 as long as they wait.
    pub(crate) way_out: AtomicU64,
    /// Whether a core is ready to enter the kernel, by number: 1 if so.
    is_ready: [AtomicU32; MAX_CORES as usize],
}

pub(crate) static CORES: Cores = Cores {
    list: [const { AtomicU64::new(0) }; _],
    way_out: AtomicU64::new(0),
    is_ready: [const { AtomicU32::new(0) }; _],
};

/// Sets x0 to this core's number: its place in the list, 0 where it has none. Changes x1 and x2, and accesses
/// no memory but the list, which is at the start of [`CORES`].
macro_rules! find_number {
    () => {
        "
        mrs     x1, mpidr_el1
        and     x1, x1, #~{no_affinity}
        mov     x0, #{last_core}
    8:
        adr     x2, {cores}
        ldr     x2, [x2, x0, lsl #3]
        cmp     x1, x2
        b.eq    9f
        sub     x0, x0, #1
        cbnz    x0, 8b
    9:
        "
    };
}

pub(crate) use find_number;

/// The affinity of the core that runs this, as device trees write it.
pub fn own_affinity() -> u64 {
    read_register!("mpidr_el1") & !(NO_AFFINITY | RES1)
}

/// Gives the number `number` to the core with this affinity.
pub fn enlist(number: u64, affinity: u64) {
    if let Some(entry) = CORES.list.get(number as usize) {
        entry.store(affinity | RES1, Relaxed);
    }
}

/// Lets the cores that wait in the pen, now and later, go on at `entry`, and wakes those and all
/// others that wait for an event.
pub fn open_pen(entry: usize) {
    barrier();
    CORES.way_out.store(entry as u64, Relaxed);
    barrier();
    // SAFETY: an event lets other cores look whether something has changed, no more.
    unsafe { core::arch::asm!("sev", options(nostack, preserves_flags)) };
}

/// Tells that this core, the one with this number, is ready.
pub fn report_ready(number: u64) {
    barrier();
    if let Some(is_ready) = CORES.is_ready.get(number as usize) {
        is_ready.store(1, Relaxed);
    }
    barrier();
}

/// Whether the core with this number becomes ready in time.
pub fn becomes_ready(number: u64) -> bool {
    match CORES.is_ready.get(number as usize) {
        // SAFETY: a word of this program.
        Some(is_ready) => unsafe { clock::wait_for(is_ready.as_ptr(), 1, 1) },
        None => false,
    }
}

/// Lets everything written before be in memory before anything behind is done.
pub fn barrier() {
    // SAFETY: a barrier.
    unsafe { core::arch::asm!("dsb sy", options(nostack, preserves_flags)) };
}
