// SPDX-License-Identifier: BSD-2-Clause

//! Measures KaaL's own root task on a real kernel.

use anyhow::Result;
use fs_err as fs;
use kaal_harness::elf;
use kaal_harness::qemu::{Code, round_trip};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;

use super::driver::Reflector;
use super::figure::Figure;
use super::serving::Serving;
use crate::root_task;

/// The end of the kernel's last line.
const KERNEL_DONE: &str = "dropped to user space";
/// The beginning of the root task's first line, with which a kernel that prints nothing is measured.
const ROOT_TASK: &str = "KaaL root task";

type Limited = fn(subject: &str, what: &'static str, value: u64, limit: u64) -> Figure;

/// The name of each figure, and its limit.
const FIGURES: [(&str, Limited, u64); 10] = [
    ("loadable bytes", Figure::new, 1 << 20),
    ("milliseconds to the page", Figure::new, 400),
    ("instructions to the page", Figure::new, 20_000_000),
    ("instr. for a lone packet", Figure::new, 5_000),
    ("instr. for one of a burst", Figure::new, 2_000),
    ("instr. for a page's packet", Figure::new, 12_000),
    ("instr. for a file's packet", Figure::new, 12_000),
    ("MB/s of a file", Figure::at_least, 20),
    ("instructions of a call", Figure::new, 6_000),
    // MCS kernels take three times as many as others: the root task has its own scheduling context, for which they have
    // no fast path.
    ("of them in the kernel", Figure::new, 4_500),
];

/// The name of the root task in the table.
const SUBJECT: &str = "root task";

/// Measures the root task, which has been built for `kernel`.
pub(super) fn measure(workspace: &Workspace, kernel: &Kernel) -> Result<Vec<Figure>> {
    let serving = Serving::new(workspace, kernel)?;
    let begin = match kernel.prints() {
        true => KERNEL_DONE,
        false => ROOT_TASK,
    };
    let size = elf::loadable_bytes(&fs::read(workspace.root_task())?)?;
    let milliseconds = serving.milliseconds_to_page(begin)?;
    let [to_page, of_page, of_file] = serving.instructions()?;
    let [lone, of_burst] = Reflector::build(workspace, kernel)?.instructions_of_packet()?;
    let speed = serving.megabytes_per_second()?;
    let code = code(workspace, kernel)?;
    let trip = round_trip(&code, &kernel.machine()?, &serving.image)?;
    let values = [
        size,
        milliseconds,
        to_page,
        lone,
        of_burst,
        of_page,
        of_file,
        speed,
        trip.instructions,
        trip.in_kernel,
    ];
    let figures = FIGURES.iter().zip(values);
    Ok(figures
        .map(|((what, limited, limit), value)| limited(SUBJECT, what, value, *limit))
        .collect())
}

/// The names of the figures, for people.
pub(super) fn names() -> String {
    FIGURES.map(|(what, ..)| what).join(", ")
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
