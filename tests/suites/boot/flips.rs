// SPDX-License-Identifier: BSD-2-Clause

//! Images with a flipped bit: a sample of those of `cargo xtask flips`.

use std::num::NonZeroU64;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use kaal_harness::book;
use kaal_harness::flips::{self, Extent, Subject};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::trial;

/// The distance of flipped bits in an ELF file, and in a package, which takes many times longer to
/// boot.
const STEP: NonZeroU64 = NonZeroU64::new(61).unwrap();
const PACKAGE_STEP: NonZeroU64 = NonZeroU64::new(1009).unwrap();

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    Subject::ALL
        .into_iter()
        .map(|subject| {
            trial(
                workspace,
                format!("flips::{}", subject.name),
                move |workspace| sample(workspace, subject),
            )
        })
        .collect()
}

/// Flips other bits each second, so that over time all are flipped.
fn sample(workspace: &Workspace, subject: Subject) -> Result<()> {
    let step = match subject.is_package() {
        true => PACKAGE_STEP,
        false => STEP,
    };
    let extent = Extent {
        step,
        first: SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() % step,
        all_of_headers: subject == Subject::ALL[0],
    };
    let summary = flips::run(workspace, subject, extent, NonZeroU64::MIN)?;
    println!("{summary}");
    summary.check()?;
    match subject == Subject::ALL[0] {
        true => book::compare_flips(workspace, &summary),
        false => Ok(()),
    }
}
