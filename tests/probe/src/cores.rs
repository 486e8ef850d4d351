// SPDX-License-Identifier: BSD-2-Clause

//! Rows that the other cores answer.
//!
//! seL4 lets them wait until it has booted. Here the first core leads them through two steps: under
//! the loader's translation they count, all in one variable; under the probe's own they look at the
//! interrupt controller. Then they rest.

use core::cell::UnsafeCell;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use core::sync::atomic::{AtomicU32, AtomicU64};

use aarch64_cpu::registers::{CNTFRQ_EL0, CNTVCT_EL0, MPIDR_EL1, Readable, TPIDR_EL1};
use kaal_payload::Gic;

use crate::handover::Arguments;
use crate::interrupts::{self, VIRTUAL_TIMER};
use crate::registers::Registers;
use crate::report::Report;
use crate::{entry, supplied, translation};

/// The most cores that seL4 runs on.
pub(crate) const MAX: usize = 8;

/// How often each core counts.
const COUNTS: u64 = 100_000;

/// The time that cores are waited for, in seconds; none takes as much.
const LIMIT: u64 = 5;

/// The part of a second in which a core that is too many would have come in.
const GRACE: u64 = 100;

/// The steps that the first core leads the others through.
const COUNT: u32 = 1;
const LOOK_AT_INTERRUPTS: u32 = 2;

/// Memory that one core writes to before others are told to read it.
#[repr(transparent)]
struct Written<T>(UnsafeCell<T>);

// SAFETY: what tells others to read it orders their accesses.
unsafe impl<T> Sync for Written<T> {}

impl<T: Copy> Written<T> {
    const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    fn set(&self, value: T) {
        // SAFETY: the one core that writes comes here before it tells others.
        unsafe { *self.0.get() = value };
    }

    fn get(&self) -> T {
        // SAFETY: the core that writes has done so.
        unsafe { *self.0.get() }
    }
}

/// What a core comes in with.
#[derive(Clone, Copy)]
struct Entry {
    registers: Registers,
    tpidr: u64,
    mpidr: u64,
}

impl Entry {
    const NONE: Self = Self {
        registers: Registers::ZERO,
        tpidr: 0,
        mpidr: 0,
    };

    fn read(arguments: &Arguments) -> Self {
        Self {
            registers: Registers::read(arguments),
            tpidr: TPIDR_EL1.get(),
            mpidr: MPIDR_EL1.get(),
        }
    }
}

static ENTRIES: [Written<Entry>; MAX] = [const { Written::new(Entry::NONE) }; _];
static HAS_TIMER: [Written<bool>; MAX] = [const { Written::new(false) }; _];
static GIC: Written<Option<Gic>> = Written::new(None);

/// The number of cores that have come in besides the first one. Those with a number that is too
/// large are counted where they enter.
pub(crate) static ARRIVED: AtomicU32 = AtomicU32::new(0);
static STEP: AtomicU32 = AtomicU32::new(0);
static DONE: AtomicU32 = AtomicU32::new(0);
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// What each core but the first one does, the one with the number `core`.
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

/// Checks what all cores come in with, and that they see the same memory. Translation must be the
/// loader's.
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
        for (name, expected, found) in unlike {
            report.equal(name, expected, found);
        }
    }
    report.core = 0;
}

/// Checks that each core may use its interrupts, and the first one also a device's. Translation must
/// be the probe's.
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

/// What the first core and those that have arrived wrote, by number, but of no more than should come.
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

/// Waits until `holds`, but no longer than so many ticks of the counter.
fn within(ticks: u64, holds: impl Fn() -> bool) {
    let start = CNTVCT_EL0.get();
    while !holds() && CNTVCT_EL0.get().wrapping_sub(start) < ticks {
        core::hint::spin_loop();
    }
}
