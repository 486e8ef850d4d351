// SPDX-License-Identifier: BSD-2-Clause

//! The state that reports of errors and faults need.

use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering, compiler_fence};

use kaal_payload::{Machine, Text};

/// The last step of the boot, and the only one on other cores than the first.
pub const ENTER_KERNEL: &str = "entering the kernel, or in it before it had its own vectors";

/// Nothing is being reported.
const IDLE: u64 = u64::MAX;

/// A report failed.
const STOPPING: u64 = u64::MAX - 1;

/// The current state.
struct State {
    /// The step of the first core, worded to follow "while". Other cores don't use it.
    step: Cell<Text<'static>>,
    /// [`IDLE`], [`STOPPING`], or the number of the core that reports.
    reporter: AtomicU64,
    is_entered_at_el3: AtomicBool,
    /// Once other cores run, only a report changes it.
    machine: Cell<Machine>,
}

// SAFETY: one core accesses the cells, or all cores only read them. Interrupts are masked, and faults don't return.
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

/// Whether the firmware left the data cache on. Its writes may still be in there. In `.data`, as all that a report needs:
/// an unpacker that can't move to its slot has no other variables.
#[unsafe(link_section = ".data")]
pub static HAD_CACHES: AtomicBool = AtomicBool::new(false);

/// Notes the current step, worded to follow "while".
pub fn begin(step: &'static str) {
    STATE.step.set(Text(step));
    // A fault at any later instruction may read it.
    compiler_fence(Ordering::SeqCst);
}

/// The current step of the core with this number.
pub(crate) fn step(core: u64) -> Text<'static> {
    match core {
        0 => STATE.step.get(),
        _ => Text(ENTER_KERNEL),
    }
}

/// Who wants to report.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reporter {
    /// The first core. It reports everything.
    First,
    /// The same core again: its report failed. It only stops the machine.
    Again,
    /// Another core, or a core that failed to stop the machine. It stays silent.
    Late,
}

/// Notes that the core with this number wants to report. With the MMU off, cores can't synchronize: if two fail in the
/// same instant, both report.
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

/// Notes that the firmware entered the program at EL3.
pub(crate) fn note_entry_at_el3() {
    STATE.is_entered_at_el3.store(true, Ordering::Relaxed);
}

/// Whether the program was entered at EL3, so that no firmware answers calls.
pub fn entered_at_el3() -> bool {
    STATE.is_entered_at_el3.load(Ordering::Relaxed)
}

/// Sets the machine.
pub fn set_machine(machine: &Machine) {
    STATE.machine.set(*machine);
}

/// The machine, as far as known.
pub fn machine() -> Machine {
    STATE.machine.get()
}
