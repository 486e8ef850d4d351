// SPDX-License-Identifier: BSD-2-Clause

//! Names the sources of a release.

use std::env;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

/// The variable that gives the files in the archives another time.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The commit that the checkout is at.
pub(super) struct Origin {
    /// Its hash, and whether files differ from it.
    pub(super) commit: String,
    /// Its time, or that of `SOURCE_DATE_EPOCH`, in seconds since 1970.
    pub(super) time: u64,
}

impl Origin {
    pub(super) fn query(workspace: &Workspace) -> Result<Self> {
        let git = |line: &str| {
            let mut git = Command::new("git");
            process::read(git.current_dir(workspace.root()).args(line.split(' '))).context(
                "failed to read the release's commit: install git and run `cargo xtask dist` in a clone",
            )
        };
        let mut commit = git("rev-parse HEAD")?.trim_end().to_owned();
        if !git("status --porcelain")?.is_empty() {
            commit.push_str(", with changes that are not committed");
        }
        let time = match env::var(EPOCH) {
            Ok(chosen) => seconds(&chosen)?,
            Err(_) => seconds(git("log -1 --format=%ct")?.trim_end())?,
        };
        Ok(Self { commit, time })
    }
}

fn seconds(text: &str) -> Result<u64> {
    text.parse()
        .with_context(|| format!("{EPOCH}: seconds since 1970 expected, found {text:?}"))
}
