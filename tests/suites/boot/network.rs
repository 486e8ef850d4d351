// SPDX-License-Identifier: BSD-2-Clause

//! The driver of the network, with a hostile client, on a real kernel.

use anyhow::{Result, ensure};
use kaal_harness::qemu::Devices;
use kaal_harness::sel4::{Kernel, READY};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::sel4::{is_for_board, kernel_trial};
use crate::{root_task, says, system_devices};

/// What the driver says about a buffer that isn't one.
const REFUSED: &str = "[net] the other end's descriptor is impossible";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // Boards have no virtio devices.
    match is_for_board() {
        true => Vec::new(),
        false => vec![
            kernel_trial(workspace, "network::survives_lies", survives_lies),
            kernel_trial(workspace, "network::may_be_missing", may_be_missing),
        ],
    }
}

/// The driver ends at each lie, and then serves an honest client.
fn survives_lies(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let devices = system_devices::of(workspace, kernel, scratch.path())?;
    let console = boot(
        workspace,
        kernel,
        &devices,
        "[smuggler] the gateway answers",
    )?;
    let refused = console.matches(REFUSED).count();
    ensure!(refused == 2, "{refused} lines {REFUSED:?}:\n{console}");
    Ok(())
}

/// Without a network card, the driver ends, and its client is told so.
fn may_be_missing(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let refused = "[smuggler] no network: not found";
    let console = boot(workspace, kernel, &Devices::default(), refused)?;
    says(&console, READY)?;
    says(&console, "[net] the machine has no network card")
}

/// Boots driver and client on a machine with `devices` until the console shows `expected`, and returns the console.
fn boot(
    workspace: &Workspace,
    kernel: &Kernel,
    devices: &Devices,
    expected: &str,
) -> Result<String> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage.elf");
    let app = workspace.artifacts().join("root-task-network.elf");
    let inputs = kernel.inputs(workspace, &app);
    inputs.pack(workspace, &image)?;
    let mut command = inputs.boot(&kernel.machine()?, &image);
    command.args(devices.options());
    root_task::follow(command, expected, Vec::new())
}
