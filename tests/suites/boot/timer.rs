// SPDX-License-Identifier: BSD-2-Clause

//! Alarms of components, on a real kernel.

use anyhow::{Result, ensure};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::root_task::boot;
use crate::says;
use crate::sel4::{is_for_board, kernel_trial};

/// Two clients with the same program, at the same time.
const CLIENTS: [&str; 2] = ["sleeper", "napper"];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // The list is for the virt machine.
    match is_for_board() {
        true => Vec::new(),
        false => vec![kernel_trial(workspace, "root_task::wakes_sleepers", wakes)],
    }
}

/// Each client gets its own alarms, in their order and none too early, and each expiry of a period. On kernels that
/// don't export the generic timer, the times are whole seconds.
fn wakes(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let app = workspace.artifacts().join("root-task-timer.elf");
    let last = |client| format!("[{client}] wrong alarms are refused: [true, true]");
    // The client of lower priority is the last.
    let console = boot(workspace, kernel, &app, &last(CLIENTS[1]), Vec::new())?;
    for client in CLIENTS {
        says(
            &console,
            &format!("[{client}] alarms came in order: true, early: false"),
        )?;
        says(
            &console,
            &format!("[{client}] at least 3 periods, no more than passed: true"),
        )?;
        says(&console, &last(client))?;
    }
    ensure!(!console.contains("timer: "), "the timer failed:\n{console}");
    Ok(())
}
