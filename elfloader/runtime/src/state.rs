// SPDX-License-Identifier: BSD-2-Clause

//! What a report of a failure needs to know, wherever the failure happens.

use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering, compiler_fence};

use kaal_payload::{Machine, Text};

/// The last step, and what all cores but the first one do.
pub const ENTER_KERNEL: &str = "entering the kernel, or in it before it had vectors of its own";

/// Nothing is being reported.
const IDLE: u64 = u64::MAX;

/// What reports a failure has failed, too.
const STOPPING: u64 = u64::MAX - 1;

/// What is known at the moment.
struct State {
    /// What the core that boots does, in words that follow "while"; others don't look at it.
    step: Cell<Text<'static>>,
    /// [`IDLE`], [`STOPPING`], or the number of the core that reports a failure.
    reporter: AtomicU64,
    is_entered_at_el3: AtomicBool,
    /// Not changed any more when other cores run, but by the one that reports.
    machine: Cell<Machine>,
}

// SAFETY: what is no atomic is accessed by one core, or else only read. Interrupts are masked, and
// faults do not return.
unsafe impl Sync for State {}

static STATE: State = State {
    step: Cell::new(Text("starting")),
    reporter: AtomicU64::new(IDLE),
    is_entered_at_el3: AtomicBool::new(false),
    machine: Cell::new(Machine {
        console: None,
        psci: None,
        gic: None,
    }),
};

/// Notes what is done from now on, in words that follow "while".
pub fn begin(step: &'static str) {
    STATE.step.set(Text(step));
    // A fault may read it at any instruction from here on.
    compiler_fence(Ordering::SeqCst);
}

/// What is being done on the core with this number.
pub(crate) fn step(core: u64) -> Text<'static> {
    match core {
        0 => STATE.step.get(),
        _ => Text(ENTER_KERNEL),
    }
}

/// Who has a failure to report.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reporter {
    /// The first, who says all there is.
    First,
    /// The same core: what it was about to say is what failed. It may still stop the machine.
    Again,
    /// Another core, or one that can't even stop the machine: the rest is silence.
    Late,
}

/// Notes that the core with this number has a failure to report. With the MMU off, two cores can't
/// agree on who is the first: where both fail in the same instant, both report.
pub(crate) fn begin_report(core: u64) -> Reporter {
    let (reporter, next) = match STATE.reporter.load(Ordering::Relaxed) {
        IDLE => (Reporter::First, core),
        known if known == core => (Reporter::Again, STOPPING),
        known => (Reporter::Late, known),
    };
    STATE.reporter.store(next, Ordering::Relaxed);
    compiler_fence(Ordering::SeqCst);
    reporter
}

/// Notes that the program was entered at EL3.
pub(crate) fn note_entry_at_el3() {
    STATE.is_entered_at_el3.store(true, Ordering::Relaxed);
}

/// Whether the program was entered at EL3, so that there is no firmware above it.
pub fn entered_at_el3() -> bool {
    STATE.is_entered_at_el3.load(Ordering::Relaxed)
}

/// Notes which machine this is.
pub(crate) fn set_machine(machine: &Machine) {
    STATE.machine.set(*machine);
}

/// The machine, as far as it is known.
pub fn machine() -> Machine {
    STATE.machine.get()
}
