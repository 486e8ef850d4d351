// SPDX-License-Identifier: BSD-2-Clause

//! Makes content for user images.

use anyhow::Result;
use fs_err as fs;
use kaal_harness::elf;
use kaal_harness::workspace::Program;

use super::subject::Subject;

/// The loadable content of programs, over and over, each time with other values, so that it doesn't repeat itself.
pub(super) fn typical(subject: &Subject, size: usize) -> Result<Vec<u8>> {
    let mut once = Vec::new();
    let loader = subject.workspace.program(Program::Loader);
    for program in [&loader, &subject.inputs.kernel, &subject.inputs.app] {
        once.extend(elf::loadable_content(&fs::read(program)?)?);
    }
    let changed = |change: u8| once.iter().map(move |byte| byte ^ change);
    let endless = (0..=u8::MAX).cycle().flat_map(changed);
    Ok(endless.take(size).collect())
}
