// SPDX-License-Identifier: BSD-2-Clause

//! Measures KaaL's own root task on a real kernel.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use fs_err as fs;
use kaal_harness::elf;
use kaal_harness::qemu::{self, Code, Machine, Watch, round_trip};
use kaal_harness::sel4::{Kernel, READY};
use kaal_harness::workspace::Workspace;

use super::figure::Figure;
use crate::root_task;

/// The end of the kernel's last line.
const KERNEL_DONE: &str = "dropped to user space";
/// The beginning of the root task's first line, with which a kernel that prints nothing is measured.
const ROOT_TASK: &str = "KaaL root task";

/// Longer than any boot.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Measures the root task, which has been built for `kernel`.
pub(super) fn measure(workspace: &Workspace, kernel: &Kernel) -> Result<[Figure; 3]> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("system.elf");
    let inputs = kernel.inputs(workspace, &workspace.root_task());
    inputs.pack(workspace, &image)?;
    let machine = kernel.machine()?;
    let trip = round_trip(&code(workspace, kernel)?, &machine, &image)?;
    let figure = |what, value, limit| Figure::new("root task", what, value, limit);
    let begin = match kernel.prints() {
        true => KERNEL_DONE,
        false => ROOT_TASK,
    };
    let ready = milliseconds_to_ready(&machine, &image, begin)?;
    Ok([
        figure("milliseconds to ready", ready, 1_000),
        figure("instructions of a call", trip.instructions, 6_000),
        // MCS kernels take three times as many as others: the root task has its own scheduling context, for which they
        // have no fast path.
        figure("of them in the kernel", trip.in_kernel, 4_500),
    ])
}

/// The time from the line with `begin` to the root task's last one, on the host's clock.
fn milliseconds_to_ready(machine: &Machine, image: &Path, begin: &str) -> Result<u64> {
    let mut command = machine.command();
    command.arg("-kernel").arg(image);
    let watch = Watch {
        expect: Some(READY.to_owned()),
        limit: Some(TIME_LIMIT),
        note: Some(begin.to_owned()),
        ..Watch::default()
    };
    let report = qemu::run(command, &watch)?;
    let console = &report.console;
    let time = report
        .from_note
        .with_context(|| format!("{begin:?} and {READY:?} expected in:\n{console}"))?;
    Ok(u64::try_from(time.as_millis())?)
}

/// The code that the self-test's calls of the root task execute.
fn code(workspace: &Workspace, kernel: &Kernel) -> Result<Code> {
    let kernel = fs::read(kernel.file())?;
    let clearing = elf::function(&kernel, "memzero")?;
    let first = elf::function(&kernel, "arm_vector_table")?.start;
    Ok(Code {
        client: elf::code(&fs::read(root_task::program(workspace, "selftest"))?)?,
        service: elf::code(&fs::read(workspace.root_task())?)?,
        // Booting clears much memory, a call clears none.
        kernel: vec![first..clearing.start, clearing.end..elf::code(&kernel)?.end],
    })
}
