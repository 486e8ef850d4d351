// SPDX-License-Identifier: BSD-2-Clause

//! Tests the system before it starts, and prints one line for each test.

use kaal_broker::Denial;
use kaal_protocol::Test;

use crate::console::say;
use crate::report::{is_seeded, report};
use crate::server::Server;
use crate::system::SELF_TEST;

/// Runs the self-test component, then frees its resources. Returns whether all tests passed.
pub(crate) fn run(server: &mut Server<'_>) -> Result<bool, Denial> {
    let components = server.add(SELF_TEST)?;
    let Some(&id) = components.first() else {
        return Ok(true);
    };
    let before = server.broker.free();
    server.start(&components);
    let during = server.broker.free();
    server.serve(|server| {
        let mut tests = server.broker.reports().iter().map(|&(test, _)| test);
        !server.is_running(id) || tests.any(|test| test == Test::Stoppable)
    });
    let mut components = SELF_TEST.iter();
    let has_device = components.any(|component| !component.config.devices.is_empty());
    let mut all_passed = true;
    for (test, name, detail) in TESTS {
        if !has_device && matches!(test, Test::Device | Test::Interrupt) {
            say!("self-test {name}: skipped: no device to test");
            continue;
        }
        let passed = server.broker.reports().contains(&(test, true));
        all_passed &= report(name, passed, format_args!("{detail}"));
    }
    let held = before.bytes - server.broker.free().bytes;
    // Stop it while it waits, and once more right after its start.
    server.broker.stop(id)?;
    let after = server.broker.free();
    server.spawn(id)?;
    let again = server.broker.free();
    server.broker.stop(id)?;
    let is_freed = after == before && !is_seeded("recovery");
    let passed = is_freed && again == during && server.broker.free() == before;
    let detail = format_args!("a component was killed, its {held} bytes reused and freed");
    Ok(report("recovery", passed, detail) && all_passed)
}

/// The component's tests, with their names and descriptions.
const TESTS: [(Test, &str, &str); 4] = [
    (Test::Ipc, "ipc", "100 calls were answered"),
    (
        Test::Memory,
        "memory",
        "allocated, used, freed and allocated again",
    ),
    (
        Test::Device,
        "device",
        "a register of the PL031 reads back what was written",
    ),
    (Test::Interrupt, "interrupt", "the PL031 interrupts"),
];
