// SPDX-License-Identifier: BSD-2-Clause

//! Rows about the other cores.
//!
//! seL4 lets the other cores wait until it has booted. Here the first core leads them through two steps: under the
//! loader's translation they increment one counter together; under the probe's own they check the interrupt controller.
//! Then they sleep.

use core::cell::UnsafeCell;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use core::sync::atomic::{AtomicU32, AtomicU64};

use aarch64_cpu::registers::{CNTFRQ_EL0, CNTVCT_EL0, MPIDR_EL1, Readable, TPIDR_EL1};
use kaal_payload::Gic;

use crate::handover::Arguments;
use crate::interrupts::{self, VIRTUAL_TIMER};
use crate::registers::Registers;
use crate::report::Report;
use crate::{entry, settings, supplied, translation};

/// The most cores that seL4 runs on.
pub(crate) const MAX: usize = 8;

/// How often each core increments the counter.
const COUNTS: u64 = 100_000;

/// The time in seconds that the first core waits; no core takes as long.
const LIMIT: u64 = 5;

/// Waits this fraction of a second for cores that should not come.
const GRACE: u64 = 100;

/// The steps of the other cores.
const COUNT: u32 = 1;
const LOOK_AT_INTERRUPTS: u32 = 2;

/// Memory that one core writes before others may read it.
#[repr(transparent)]
struct Written<T>(UnsafeCell<T>);

// SAFETY: the signal to read orders the accesses.
unsafe impl<T> Sync for Written<T> {}

impl<T: Copy> Written<T> {
    const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    fn set(&self, value: T) {
        // SAFETY: only one core writes, before it signals others.
        unsafe { *self.0.get() = value };
    }

    fn get(&self) -> T {
        // SAFETY: the writing core is done.
        unsafe { *self.0.get() }
    }
}

/// The state in which a core enters the probe.
#[derive(Clone, Copy)]
struct Entry {
    registers: Registers,
    tpidr: u64,
    mpidr: u64,
    wrong_settings: usize,
}

impl Entry {
    const NONE: Self = Self {
        registers: Registers::ZERO,
        tpidr: 0,
        mpidr: 0,
        wrong_settings: 0,
    };

    fn read(arguments: &Arguments) -> Self {
        Self {
            registers: Registers::read(arguments),
            tpidr: TPIDR_EL1.get(),
            mpidr: MPIDR_EL1.get(),
            wrong_settings: settings::count_wrong(),
        }
    }
}

static ENTRIES: [Written<Entry>; MAX] = [const { Written::new(Entry::NONE) }; _];
static HAS_TIMER: [Written<bool>; MAX] = [const { Written::new(false) }; _];
static GIC: Written<Option<Gic>> = Written::new(None);

/// The number of cores that have entered the probe, without the first one. Cores whose number is too large are
/// counted at the entry point.
pub(crate) static ARRIVED: AtomicU32 = AtomicU32::new(0);
static STEP: AtomicU32 = AtomicU32::new(0);
static DONE: AtomicU32 = AtomicU32::new(0);
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// The main function of the other cores; `core` is the core's number.
pub(crate) extern "C" fn follow(arguments: &Arguments, core: usize) -> ! {
    ENTRIES[core].set(Entry::read(arguments));
    ARRIVED.fetch_add(1, Release);

    wait_for(COUNT);
    count();
    DONE.fetch_add(1, Release);

    wait_for(LOOK_AT_INTERRUPTS);
    translation::switch();
    entry::use_own_vectors();
    HAS_TIMER[core].set(has_timer());
    DONE.fetch_add(1, Release);
    loop {
        aarch64_cpu::asm::wfi();
    }
}

fn wait_for(step: u32) {
    while STEP.load(Acquire) < step {
        core::hint::spin_loop();
    }
}

fn count() {
    for _ in 0..COUNTS {
        COUNTER.fetch_add(1, AcqRel);
    }
}

fn has_timer() -> bool {
    GIC.get()
        .is_some_and(|gic| interrupts::can_be_enabled(gic, VIRTUAL_TIMER))
}

/// Checks how all cores entered, and that they share memory, under the loader's translation.
pub(crate) fn check(arguments: &Arguments, report: &mut Report) {
    ENTRIES[0].set(Entry::read(arguments));
    let others = supplied::cores() as u32 - 1;
    within(LIMIT * frequency(), || ARRIVED.load(Acquire) >= others);
    within(frequency() / GRACE, || ARRIVED.load(Acquire) > others);
    let arrived = ARRIVED.load(Acquire);
    report.equal("cores", u64::from(others) + 1, u64::from(arrived) + 1);

    STEP.store(COUNT, Release);
    count();
    within(LIMIT * frequency(), || DONE.load(Acquire) >= arrived);
    report.equal(
        "what all cores count to",
        (u64::from(arrived) + 1) * COUNTS,
        COUNTER.load(Acquire),
    );
    let first = ENTRIES[0].get();
    for (core, entry) in of_known_cores(&ENTRIES, arrived).skip(1) {
        let before = of_known_cores(&ENTRIES, arrived).take(core);
        let same = before.filter(|(_, other)| other.mpidr == entry.mpidr);
        let unlike = entry.registers.unlike(&first.registers);
        report.core = core;
        report.equal("TPIDR_EL1 is this core's number", core as u64, entry.tpidr);
        report.equal("cores of the same MPIDR_EL1", 0, same.count() as u64);
        report.equal(
            "registers unlike core 0's",
            0,
            unlike.clone().count() as u64,
        );
        report.equal("wrong settings", 0, entry.wrong_settings as u64);
        for (name, expected, found) in unlike {
            report.equal(name, expected, found);
        }
    }
    report.core = 0;
}

/// Checks that each core can use its interrupts, and the first one a device's too, under the probe's translation.
pub(crate) fn check_interrupts(gic: Gic, report: &mut Report) {
    GIC.set(Some(gic));
    let arrived = ARRIVED.load(Acquire);
    STEP.store(LOOK_AT_INTERRUPTS, Release);
    HAS_TIMER[0].set(has_timer());
    within(LIMIT * frequency(), || DONE.load(Acquire) >= 2 * arrived);
    for (core, has_timer) in of_known_cores(&HAS_TIMER, arrived) {
        report.core = core;
        report.holds("virtual timer's interrupt can be enabled", has_timer);
    }
    report.core = 0;
    report.holds(
        "UART's interrupt can be enabled",
        interrupts::can_be_enabled(gic, interrupts::UART),
    );
}

/// The values of the first core and of those that have arrived, by number, but not of more cores than expected.
fn of_known_cores<T: Copy>(
    all: &'static [Written<T>],
    arrived: u32,
) -> impl Iterator<Item = (usize, T)> {
    let known = supplied::cores().min(arrived as usize + 1);
    all.iter().take(known).map(Written::get).enumerate()
}

fn frequency() -> u64 {
    CNTFRQ_EL0.get()
}

/// Waits until `holds`, for at most `ticks` of the counter.
fn within(ticks: u64, holds: impl Fn() -> bool) {
    let start = CNTVCT_EL0.get();
    while !holds() && CNTVCT_EL0.get().wrapping_sub(start) < ticks {
        core::hint::spin_loop();
    }
}
