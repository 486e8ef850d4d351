// SPDX-License-Identifier: BSD-2-Clause

//! A component that loops for ever, on a real kernel.

use anyhow::Result;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::root_task;
use crate::says;
use crate::sel4::{is_for_board, kernel_trial};

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // The lists are for the virt machine.
    if is_for_board() {
        return Vec::new();
    }
    let kernel = Kernel::from_environment().ok().flatten();
    let has_cores = kernel.as_ref().is_some_and(|kernel| kernel.cores() > 1);
    let is_mcs = kernel.is_some_and(|kernel| kernel.is_mcs());
    let cores = match has_cores {
        true => "root_task::uses_cores",
        false => "root_task::uses_cores (the kernel runs on one core)",
    };
    let passive = |name: &str| match is_mcs {
        true => format!("root_task::{name}"),
        false => format!("root_task::{name} (the kernel has no MCS)"),
    };
    let [calls, ends] = ["runs_on_callers_time", "ends_calls_without_time"].map(passive);
    vec![
        kernel_trial(workspace, cores, uses_cores).with_ignored_flag(!has_cores),
        kernel_trial(workspace, &calls, runs_on_callers_time).with_ignored_flag(!is_mcs),
        kernel_trial(workspace, &ends, ends_calls_without_time).with_ignored_flag(!is_mcs),
    ]
}

/// A component of the highest priority that loops on core 1 starves none on core 0.
fn uses_cores(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    boot(workspace, kernel, "cores", "[hello] hello, world").map(drop)
}

/// A passive server that loops fails when its caller's time and its own are used up, and its caller gets an answer.
fn ends_calls_without_time(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let last = "[repeater] fragile is not found any more";
    let console = boot(workspace, kernel, "passive", last)?;
    for text in [
        "spinner: used up its budget of 1000 microseconds, and a client waits",
        "spinner: restart 4",
        "[repeater] the call is refused: the root task failed",
    ] {
        says(&console, text)?;
    }
    Ok(())
}

/// A passive server answers signals, and a call although its caller's time is used up.
fn runs_on_callers_time(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let last = "[caller] echo repeats 952 bytes: true";
    let console = boot(workspace, kernel, "passive", last)?;
    says(&console, "[caller] echo answers: hello, world")
}

/// Boots the root task with the components of `list`, until the console shows `expected`, and returns the console.
fn boot(workspace: &Workspace, kernel: &Kernel, list: &str, expected: &str) -> Result<String> {
    let app = workspace.artifacts().join(format!("root-task-{list}.elf"));
    root_task::boot(workspace, kernel, &app, expected, Vec::new())
}
