// SPDX-License-Identifier: BSD-2-Clause

//! Forged images: a sample of those of `cargo xtask forge`.

use std::num::NonZeroU64;

use anyhow::Result;
use kaal_harness::flips::Subject;
use kaal_harness::forger::{self, Extent, SUBJECTS};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::trial;

/// Forgeries in a sample of an ELF file, which are all booted, and of a package.
const COUNT: u64 = 400;
const PACKAGE_COUNT: u64 = 200;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let samples = SUBJECTS.into_iter().map(|subject| {
        let name = format!("forger::{}", subject.name);
        trial(workspace, name, move |workspace| sample(workspace, subject))
    });
    samples.collect()
}

/// Makes other forgeries each time.
fn sample(workspace: &Workspace, subject: Subject) -> Result<()> {
    let extent = Extent {
        first: forger::any_seed(),
        count: match subject.is_package() {
            true => PACKAGE_COUNT,
            false => COUNT,
        },
    };
    let summary = forger::run(workspace, subject, extent, NonZeroU64::MIN)?;
    println!("{summary}");
    summary.check()
}
