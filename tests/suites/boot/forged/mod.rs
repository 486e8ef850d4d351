// SPDX-License-Identifier: BSD-2-Clause

//! Attacks on signed images that would run or use what nobody signed, one by one. Each test demands that the loader or
//! the builder refuses the image.

mod code;
mod console;
mod fields;
mod loader;
mod memory;
mod report;
mod tables;

use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = console::trials(workspace);
    trials.extend(report::trials(workspace));
    trials.extend(loader::trials(workspace));
    trials.extend(fields::trials(workspace));
    trials.extend(tables::trials(workspace));
    trials.extend(memory::trials(workspace));
    trials
}
