// SPDX-License-Identifier: BSD-2-Clause

//! What a report of a failure needs to know, wherever the failure happens.

use core::cell::Cell;
use core::sync::atomic::{Ordering, compiler_fence};

use kaal_payload::{Machine, Text};

use crate::console;

/// What is known at the moment.
struct State {
    /// In words that follow "while".
    step: Cell<Text<'static>>,
    is_reporting: Cell<bool>,
    entry_level: Cell<u64>,
    machine: Cell<Machine>,
}

// SAFETY: one core runs the program, with interrupts masked, and faults do not return.
unsafe impl Sync for State {}

static STATE: State = State {
    step: Cell::new(Text("starting")),
    is_reporting: Cell::new(false),
    entry_level: Cell::new(0),
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

/// What is being done.
pub(crate) fn step() -> Text<'static> {
    STATE.step.get()
}

/// Notes that a failure is being reported, and returns whether one was already.
pub(crate) fn begin_report() -> bool {
    let was_reporting = STATE.is_reporting.replace(true);
    compiler_fence(Ordering::SeqCst);
    was_reporting
}

/// Notes the exception level that the program was entered at.
pub(crate) fn set_entry_level(level: u64) {
    STATE.entry_level.set(level);
}

/// Whether the program was entered at EL3, so that there is no firmware above it.
pub fn entered_at_el3() -> bool {
    STATE.entry_level.get() == 3
}

/// Notes which machine this is, and makes its console ready to print on.
pub fn set_machine(machine: Machine) {
    STATE.machine.set(machine);
    console::turn_on();
}

/// The machine, as far as it is known.
pub fn machine() -> Machine {
    STATE.machine.get()
}

/// Notes that the machine has no console.
pub(crate) fn forget_console() {
    STATE.machine.set(Machine {
        console: None,
        ..machine()
    });
}
