// SPDX-License-Identifier: BSD-2-Clause

//! What a report of a failure needs to know, wherever the failure happens.

use core::cell::Cell;
use core::fmt;
use core::sync::atomic::{Ordering, compiler_fence};

use kaal_payload::Machine;

/// What the loader is doing.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Start,
    ReadPayload,
    FindDeviceTree,
    Verify,
    PlaceDeviceTree,
    LowerLevel,
    EnterKernel,
    Report,
}

/// Shown as what follows "while".
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "starting",
            Self::ReadPayload => "reading the payload header",
            Self::FindDeviceTree => "reading the device tree that x0 points to",
            Self::Verify => "checking the payload against the machine",
            Self::PlaceDeviceTree => "moving the firmware's device tree",
            Self::LowerLevel => "lowering the exception level",
            Self::EnterKernel => "entering the kernel, or in it before it had vectors of its own",
            Self::Report => "reporting a failure",
        })
    }
}

/// What is known at the moment.
struct State {
    step: Cell<Step>,
    machine: Cell<Machine>,
}

// SAFETY: one core runs the loader, with interrupts masked, and faults do not return.
unsafe impl Sync for State {}

static STATE: State = State {
    step: Cell::new(Step::Start),
    machine: Cell::new(Machine {
        console: None,
        psci: None,
        gic_v2: None,
    }),
};

/// Notes what the loader does from now on, and returns what it did until now.
pub(crate) fn enter_step(step: Step) -> Step {
    let previous = STATE.step.replace(step);
    // A fault may read it at any instruction from here on.
    compiler_fence(Ordering::SeqCst);
    previous
}

/// Notes which machine this is.
pub(crate) fn set_machine(machine: Machine) {
    STATE.machine.set(machine);
}

/// The machine, as far as it is known.
pub(crate) fn machine() -> Machine {
    STATE.machine.get()
}
