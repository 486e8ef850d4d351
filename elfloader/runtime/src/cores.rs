// SPDX-License-Identifier: BSD-2-Clause

//! Numbers of cores, and communication between them.
//!
//! A core finds its number by its MPIDR_EL1 in `Cores::list`. So all cores can start at the same entry point, whether
//! firmware starts them, with or without an argument, or the pen. A fault finds the stack of its core in the same way,
//! because the kernel may have changed all registers that could hold the number.
//!
//! # Coherence
//!
//! All cores run with the MMU off until a barrier and a branch before the kernel. So their data accesses are to
//! Device-nGnRnE memory (Arm ARM DDI 0487, "The effects of disabling an address translation stage"). Each bypasses the
//! caches, whole and in program order, so one core reads what another wrote. A barrier lies between a write and the
//! signal that announces it, even if firmware sends the signal.
//!
//! No cache writes back an old line over this memory: cores start with their caches off, and firmware has cleaned what
//! it loaded. Only spin-table words need cleaning, because the firmware's cores may read them through their caches.
//!
//! With the MMU on, a core doesn't access the program's memory any more. The kernel's memory hasn't been
//! written since it was loaded, and all cores use it as inner shareable, write-back.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use kaal_payload::MAX_CORES;

use crate::{clock, read_register};

/// Bits of MPIDR_EL1 that are no affinity, and that device trees don't contain: U, MT and those between them. Bit 31 is
/// RES1 and stays.
pub(crate) const NO_AFFINITY: u64 = 0x7f00_0000;

/// MPIDR_EL1, bit 31: set on each core, and so in each used entry of the list.
const RES1: u64 = 1 << 31;

/// The data that cores share.
#[repr(C)]
pub(crate) struct Cores {
    /// MPIDR_EL1 of each core, without [`NO_AFFINITY`]. The first one is unused: that core needs no entry.
    list: [AtomicU64; MAX_CORES as usize],
    /// Address at which the cores in the pen continue; 0 while they wait.
    pub(crate) way_out: AtomicU64,
    /// For each core, 1 if it is ready to enter the kernel.
    is_ready: [AtomicU32; MAX_CORES as usize],
}

pub(crate) static CORES: Cores = Cores {
    list: [const { AtomicU64::new(0) }; _],
    way_out: AtomicU64::new(0),
    is_ready: [const { AtomicU32::new(0) }; _],
};

/// Sets x0 to this core's number, its index in the list; 0 if it isn't listed. Changes x1 and x2, and accesses only the
/// list, which is at the start of [`CORES`].
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

/// The affinity of this core, as device trees state it.
pub fn own_affinity() -> u64 {
    read_register!("mpidr_el1") & !(NO_AFFINITY | RES1)
}

/// Assigns `number` to the core with this affinity.
pub fn enlist(number: u64, affinity: u64) {
    if let Some(entry) = CORES.list.get(number as usize) {
        entry.store(affinity | RES1, Relaxed);
    }
}

/// Lets the cores in the pen continue at `entry`, and wakes all cores that wait for an event.
pub fn open_pen(entry: usize) {
    barrier();
    CORES.way_out.store(entry as u64, Relaxed);
    barrier();
    // SAFETY: an event only wakes other cores.
    unsafe { core::arch::asm!("sev", options(nostack, preserves_flags)) };
}

/// Reports that this core, which has this number, is ready.
pub fn report_ready(number: u64) {
    barrier();
    if let Some(is_ready) = CORES.is_ready.get(number as usize) {
        is_ready.store(1, Relaxed);
    }
    barrier();
}

/// Waits until the core with this number is ready. Returns false if it isn't in time.
pub fn becomes_ready(number: u64) -> bool {
    match CORES.is_ready.get(number as usize) {
        // SAFETY: a word of this program.
        Some(is_ready) => unsafe { clock::wait_for(is_ready.as_ptr(), 1, 1) },
        None => false,
    }
}

/// Completes all writes before anything after it begins.
pub fn barrier() {
    // SAFETY: a barrier.
    unsafe { core::arch::asm!("dsb sy", options(nostack, preserves_flags)) };
}
