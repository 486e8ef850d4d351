// SPDX-License-Identifier: BSD-2-Clause

//! KaaL's root task on a real seL4 kernel, if `SEL4_PREFIX` names one.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use kaal_harness::qemu::{self, Devices, End, Typed, Watch};
use kaal_harness::sel4::{Kernel, READY};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::sel4::kernel_trial;
use crate::{says, system_devices};

/// The time limit of a boot.
const LIMIT: Duration = Duration::from_secs(60);

/// The output of the hostile system without input, until it gives up `crasher` and `fragile`.
const SAID: [&str; 31] = [
    "self-test ram: ok",
    "self-test ipc: ok",
    "self-test memory: ok",
    "self-test device: ok",
    "self-test interrupt: ok",
    "self-test recovery: ok",
    READY,
    "[greedy] denied after",
    "greedy: failed at components/greedy/src/main.rs:",
    ": the quota is exceeded",
    "[hoarder] INFO  used 100 times 10000 bytes of the heap, sum 6187500",
    ": memory allocation of 10000 bytes failed",
    "clumsy: panicked at components/clumsy/src/main.rs:",
    ": assertion `left == right` failed: only operators may; left: Some(NotConfigured); right: None",
    "[hostile] 20 of 20 requests refused",
    "[hostile] 5 of 5 calls refused",
    "[echo] closed a channel: the other end broke the channel",
    "[liar] echo closed the channel",
    "hostile: used an invalid capability in slot 0x4",
    "[caller] echo answers: hello, world",
    "[caller] echo repeats 952 bytes: true",
    "\n[forger] KAAL_SYSTEM_READY",
    "\n[forger] may not read the keyboard: system.toml does not allow it",
    "crasher: wrote to 0x10, which is unmapped, at instruction",
    "crasher: restart 2 in 1 s",
    "crasher: given up",
    "[intruder] can signal: true",
    "[intruder] can signal later: false",
    "[intruder] a large channel is refused: the quota is exceeded",
    "[intruder] made 300 unknown requests",
    "[repeater] the call is refused: the root task failed",
];

/// The last line without input.
const LAST: &str = "[repeater] fragile is not found any more";

/// The log's lines about requests.
const LOGGED: [&str; 7] = [
    " echo: accept channel of caller: granted",
    " intruder: unknown request 99: denied: not allowed by the component's configuration",
    "invalid size: 18446744073709551615 bytes",
    "the component does not have 0xffffffffffffffff",
    " crasher: fail: wrote to 0x10, which is unmapped, at instruction 0x",
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

/// The hostile system's output on a board, where no component drives a device, before the last line.
const SAID_ON_BOARD: [&str; 5] = [
    "self-test ram: ok",
    "self-test ipc: ok",
    "self-test memory: ok",
    "self-test recovery: ok",
    READY,
];

const LAST_ON_BOARD: &str = "[caller] echo answers: hello, world";

/// On a kernel to ship, a debug system call is a fault.
const DEBUG_CALL: &str = "forger: made the unknown system call 0xfffffffffffffff5, at instruction";

/// The last lines of the default system: its own components, and the prompt, which a board lacks.
const GREETING: &str = "[hello] hello, world";
pub(crate) const PROMPT: &str = "kaal> ";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        kernel_trial(workspace, "root_task::runs", runs),
        kernel_trial(
            workspace,
            "root_task::runs_hostile_components",
            runs_hostile,
        ),
    ]
}

fn runs(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let app = workspace.root_task();
    let last = match kernel.board()?.is_virt() {
        true => PROMPT,
        false => GREETING,
    };
    let console = boot(workspace, kernel, &app, last, Vec::new())?;
    says(&console, READY)?;
    says(&console, GREETING)?;
    ensure!(
        !console.contains("hostile"),
        "not only the default components:\n{console}"
    );
    Ok(())
}

fn runs_hostile(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let app = workspace.artifacts().join("root-task-hostile.elf");
    match kernel.board()?.is_virt() {
        true => obeys(workspace, kernel, &app),
        false => {
            let console = boot(workspace, kernel, &app, LAST_ON_BOARD, Vec::new())?;
            SAID_ON_BOARD
                .iter()
                .try_for_each(|text| says(&console, text))?;
            is_unforged(&console)
        }
    }
}

/// No component printed a line of the root task, or a control character. A debug kernel colours its own lines.
fn is_unforged(console: &str) -> Result<()> {
    let ready = console.matches(READY).count();
    ensure!(ready == 1, "{ready} lines {READY:?}:\n{console}");
    let of_components = console.split('\n').filter(|line| line.starts_with('['));
    let mut control = of_components
        .flat_map(str::chars)
        .filter(|it| it.is_control() && !['\r', '\u{8}'].contains(it));
    let found = control.next();
    ensure!(
        found.is_none(),
        "the control character {found:?}:\n{console}"
    );
    Ok(())
}

/// Types all commands.
fn obeys(workspace: &Workspace, kernel: &Kernel, app: &Path) -> Result<()> {
    let [.., (_, last)] = DIALOGUE;
    let mut after = LAST;
    let mut typed = Vec::new();
    for (text, answer) in DIALOGUE {
        typed.push(Typed {
            after: after.to_owned(),
            text: format!("{text}\r"),
        });
        after = answer;
    }
    let console = boot(workspace, kernel, app, last, typed)?;
    let echoed = DIALOGUE.iter().map(|(text, _)| text);
    let debug_call = (!kernel.is_debug()).then_some(&DEBUG_CALL);
    let mut texts = SAID.iter().chain(&LOGGED).chain(echoed).chain(debug_call);
    texts.try_for_each(|text| says(&console, text))?;
    is_unforged(&console)
}

/// Boots the root task `app` until it prints `expected`, and returns the console. The machine has a network and a disk.
pub(crate) fn boot(
    workspace: &Workspace,
    kernel: &Kernel,
    app: &Path,
    expected: &str,
    typed: Vec<Typed>,
) -> Result<String> {
    let scratch = tempfile::tempdir()?;
    let devices = system_devices::of(workspace, kernel, scratch.path())?;
    boot_with(workspace, kernel, app, &devices, expected, typed)
}

/// Like [`boot`], with these `devices`.
pub(crate) fn boot_with(
    workspace: &Workspace,
    kernel: &Kernel,
    app: &Path,
    devices: &Devices,
    expected: &str,
    typed: Vec<Typed>,
) -> Result<String> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage.elf");
    let inputs = kernel.inputs(workspace, app);
    inputs.pack(workspace, &image)?;
    let mut command = inputs.boot(&kernel.machine()?, &image);
    command.args(devices.options());
    follow(command, expected, typed)
}

/// Follows the console of `command`, which boots a root task, until it prints `expected`.
pub(crate) fn follow(command: Command, expected: &str, typed: Vec<Typed>) -> Result<String> {
    follow_for(LIMIT, command, expected, typed)
}

/// Like [`follow`], for at most `limit`.
pub(crate) fn follow_for(
    limit: Duration,
    command: Command,
    expected: &str,
    typed: Vec<Typed>,
) -> Result<String> {
    let watch = Watch {
        expect: Some(expected.to_owned()),
        limit: Some(limit),
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
