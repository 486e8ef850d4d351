// SPDX-License-Identifier: BSD-2-Clause

//! Components that restart again and again, on a real kernel.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::root_task;
use crate::sel4::{is_for_board, kernel_trial};

/// An instruction takes 2 ns, and the clock counts instructions, so the outcome doesn't depend on this machine. Time
/// without instructions passes at once.
const BY_INSTRUCTIONS: [&str; 4] = [
    "-icount",
    "shift=1,sleep=off",
    "-rtc",
    "base=2026-01-01T00:00:00,clock=vm",
];
const INSTRUCTIONS_PER_SECOND: u64 = 500_000_000;

/// Text around the number of instructions that the peer executed in a second.
const BEFORE: &str = "[peer] ";
const BEHIND: &str = " instructions in a second";

/// Longer than 1000 restarts.
const LIMIT: Duration = Duration::from_secs(300);

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // The lists are for the virt machine.
    if is_for_board() {
        return Vec::new();
    }
    let kernel = Kernel::from_environment().ok().flatten();
    let is_mcs = kernel.is_some_and(|kernel| kernel.is_mcs());
    let time = match is_mcs {
        true => "root_task::limits_time",
        false => "root_task::limits_time (the kernel has no MCS)",
    };
    vec![
        kernel_trial(workspace, "root_task::loses_nothing", loses_nothing),
        kernel_trial(workspace, time, limits_time).with_ignored_flag(!is_mcs),
    ]
}

fn loses_nothing(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let nothing_lost = "[restarter] nothing lost by 1000 restarts";
    boot(workspace, kernel, "endurance", nothing_lost).map(drop)
}

/// A component that restarts for ever, with a budget of 10 %, leaves 85 % of the time to one of lower priority.
fn limits_time(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let console = boot(workspace, kernel, "budget", BEHIND)?;
    ensure!(
        console.contains("glutton: restart 10"),
        "the other component doesn't restart:\n{console}"
    );
    let counted = console.lines().find_map(|line| {
        let (_, behind) = line.split_once(BEFORE)?;
        behind.split_once(BEHIND)?.0.parse::<u64>().ok()
    });
    let counted =
        counted.with_context(|| format!("a number before {BEHIND:?} expected:\n{console}"))?;
    let percent = counted * 100 / INSTRUCTIONS_PER_SECOND;
    ensure!(
        percent >= 85,
        "only {percent} % of the time left:\n{console}"
    );
    Ok(())
}

/// Boots the root task with the components of `list`, until the console shows `expected`, and returns the console.
fn boot(workspace: &Workspace, kernel: &Kernel, list: &str, expected: &str) -> Result<String> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage.elf");
    let app = workspace.artifacts().join(format!("root-task-{list}.elf"));
    let inputs = kernel.inputs(workspace, &app);
    inputs.pack(workspace, &image)?;
    let mut command = inputs.boot(&kernel.machine()?, &image);
    command.args(BY_INSTRUCTIONS);
    root_task::follow_for(LIMIT, command, expected, Vec::new())
}
