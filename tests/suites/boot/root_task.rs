// SPDX-License-Identifier: BSD-2-Clause

//! KaaL's root task on a real seL4 kernel, if `SEL4_PREFIX` names one.

use std::time::Duration;

use anyhow::{Result, ensure};
use kaal_harness::qemu::{self, End, Typed, Watch};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::sel4::kernel_trial;

const LIMIT: Duration = Duration::from_secs(60);

/// The system's output without input, until it gives up `crasher`.
const SAID: [&str; 17] = [
    "self-test ram: ok",
    "self-test ipc: ok",
    "self-test memory: ok",
    "self-test device: ok",
    "self-test interrupt: ok",
    "self-test recovery: ok",
    "KAAL_SYSTEM_READY",
    "greedy: denied after",
    "greedy: failed at components/greedy/src/main.rs:",
    ": the quota is exceeded",
    "clumsy: panicked at components/clumsy/src/main.rs:",
    ": assertion `left == right` failed: only operators may; left: Some(NotConfigured); right: None",
    "hostile: 18 of 18 requests refused",
    "hostile: used an invalid capability in slot 0x4",
    "hello: echo answers: hello, world",
    "crasher: wrote to 0x10, which is unmapped, at instruction",
    "crasher: restart 2 in 1 s",
];

/// The log's lines about refused requests.
const LOGGED: [&str; 6] = [
    "echo: accept channel of hello: granted",
    "unknown request 99: denied: not allowed by the component's configuration",
    "invalid size: 18446744073709551615 bytes",
    "the component does not have 0x201000",
    "unknown request 12: denied",
    "unknown request 14: denied",
];

/// Inputs and their results, in this order.
const DIALOGUE: [(&str, &str); 6] = [
    ("ps", "given up"),
    ("mem", "KiB free"),
    ("caps", "slots, devices arm,pl011, provides serial"),
    ("log", "denied: quota: 16384 bytes requested"),
    ("restart serial", "restarted serial"),
    (
        "no such command",
        "commands: ps, mem, caps, log, restart NAME",
    ),
];

/// The system's output on a board, where no component drives a device, before the last line.
const SAID_ON_BOARD: [&str; 5] = [
    "self-test ram: ok",
    "self-test ipc: ok",
    "self-test memory: ok",
    "self-test recovery: ok",
    "KAAL_SYSTEM_READY",
];

const LAST_ON_BOARD: &str = "hello: echo answers: hello, world";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![kernel_trial(workspace, "root_task::runs", runs)]
}

fn runs(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    match kernel.board()?.is_virt() {
        true => runs_and_obeys(workspace, kernel),
        false => runs_on_board(workspace, kernel),
    }
}

fn runs_on_board(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let console = boot(workspace, kernel, LAST_ON_BOARD, Vec::new())?;
    for text in SAID_ON_BOARD {
        ensure!(console.contains(text), "{text:?} expected in:\n{console}");
    }
    Ok(())
}

fn runs_and_obeys(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let [.., (_, last)] = DIALOGUE;
    let mut after = "crasher: given up";
    let mut typed = Vec::new();
    for (text, answer) in DIALOGUE {
        typed.push(Typed {
            after: after.to_owned(),
            text: format!("{text}\r"),
        });
        after = answer;
    }
    let console = boot(workspace, kernel, last, typed)?;
    for text in SAID.into_iter().chain(LOGGED) {
        ensure!(console.contains(text), "{text:?} expected in:\n{console}");
    }
    for (text, _) in DIALOGUE {
        ensure!(console.contains(text), "no echo of {text:?} in:\n{console}");
    }
    Ok(())
}

/// Boots the root task until it prints `expected`, and returns the console.
fn boot(
    workspace: &Workspace,
    kernel: &Kernel,
    expected: &str,
    typed: Vec<Typed>,
) -> Result<String> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage.elf");
    let inputs = kernel.inputs(workspace, &workspace.root_task());
    inputs.pack(workspace, &image)?;
    let command = inputs.boot(&kernel.machine()?, &image);
    let watch = Watch {
        expect: Some(expected.to_owned()),
        limit: Some(LIMIT),
        typed,
        ..Watch::default()
    };
    let report = qemu::run(command, &watch)?;
    let console = report.console;
    ensure!(
        report.end == End::Expected,
        "{expected:?} expected, but {:?}:\n{console}",
        report.end
    );
    Ok(console)
}
