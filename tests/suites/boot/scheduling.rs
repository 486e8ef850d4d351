// SPDX-License-Identifier: BSD-2-Clause

//! A component that loops for ever, on a real kernel.

use anyhow::Result;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::root_task;
use crate::sel4::{is_for_board, kernel_trial};

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // The lists are for the virt machine.
    if is_for_board() {
        return Vec::new();
    }
    let kernel = Kernel::from_environment().ok().flatten();
    let has_cores = kernel.is_some_and(|kernel| kernel.cores() > 1);
    let cores = match has_cores {
        true => "root_task::uses_cores",
        false => "root_task::uses_cores (the kernel runs on one core)",
    };
    vec![kernel_trial(workspace, cores, uses_cores).with_ignored_flag(!has_cores)]
}

/// A component of the highest priority that loops on core 1 starves none on core 0.
fn uses_cores(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    boot(workspace, kernel, "cores", "[hello] hello, world").map(drop)
}

/// Boots the root task with the components of `list`, until the console shows `expected`, and returns the console.
fn boot(workspace: &Workspace, kernel: &Kernel, list: &str, expected: &str) -> Result<String> {
    let app = workspace.artifacts().join(format!("root-task-{list}.elf"));
    root_task::boot(workspace, kernel, &app, expected, Vec::new())
}
