// SPDX-License-Identifier: BSD-2-Clause

//! Tries out the system before it starts, and says what came of it, a line for each test.

use core::fmt;

use kaal_broker::Denial;
use kaal_protocol::{Report, Test};
use sel4_root_task::debug_println;

use crate::server::Server;
use crate::system;

/// Runs the self-test component, then takes back what it has. Returns whether all went well.
pub(crate) fn run(server: &mut Server<'_>) -> Result<bool, Denial> {
    let free = |server: &mut Server<'_>| (server.broker.free_bytes(), server.broker.free_slots());
    let before = free(server);
    let Some(&id) = server.start(system::self_test())?.first() else {
        return Ok(true);
    };
    let during = free(server);
    server.serve(|server| {
        let is_done = |report: &Report| report.test == Test::Stoppable;
        !server.is_running(id) || server.reports.iter().any(is_done)
    });
    let has_device = system::self_test()
        .iter()
        .any(|component| !component.config.devices.is_empty());
    let mut all_passed = true;
    for (test, name) in TESTS {
        if !has_device && matches!(test, Test::Device | Test::Interrupt) {
            debug_println!("self-test {name}: left out: it has no device to try");
            continue;
        }
        let report = server.reports.iter().find(|report| report.test == test);
        let passed = report.is_some_and(|report| report.passed);
        all_passed &= tell(name, passed, format_args!("{}", what(test)));
    }
    let held = before.0 - server.broker.free_bytes();
    // Killed while it waits, and once more right after it was started.
    server.stop(id)?;
    let after = free(server);
    server.restart(id, None)?;
    let again = free(server);
    server.stop(id)?;
    let lost = if is_seeded("recovery") { 1 } else { 0 };
    let passed = after == (before.0 - lost, before.1) && again == during && free(server) == before;
    let detail = format_args!("a component was killed, its {held} bytes reused and freed");
    Ok(tell("recovery", passed, detail) && all_passed)
}

/// What the component reports, and what the lines call it.
const TESTS: [(Test, &str); 4] = [
    (Test::Ipc, "ipc"),
    (Test::Memory, "memory"),
    (Test::Device, "device"),
    (Test::Interrupt, "interrupt"),
];

fn what(test: Test) -> &'static str {
    match test {
        Test::Ipc => "100 calls were answered",
        Test::Memory => "allocated, used, freed and allocated again",
        Test::Device => "a register of the PL031 reads back what was written",
        Test::Interrupt => "the PL031 interrupts",
        Test::Stoppable => "",
    }
}

/// Prints a test's line. Returns whether it passed.
pub(crate) fn tell(name: &str, passed: bool, detail: fmt::Arguments<'_>) -> bool {
    let outcome = if passed { "ok" } else { "FAILED" };
    debug_println!("self-test {name}: {outcome}: {detail}");
    passed
}

/// Whether the build asks for this test to fail, as a test of the test.
pub(crate) fn is_seeded(name: &str) -> bool {
    option_env!("KAAL_SEED_FAULT") == Some(name)
}
