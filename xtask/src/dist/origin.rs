// SPDX-License-Identifier: BSD-2-Clause

//! Which sources a release is made of.

use std::env;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

/// The variable that says of what time the archives' files are.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The commit that the checkout is at.
pub(super) struct Origin {
    /// Its hash, and whether files differ from it.
    pub(super) commit: String,
    /// When it was made, unless `SOURCE_DATE_EPOCH` says another time, in seconds since 1970.
    pub(super) time: u64,
}

impl Origin {
    pub(super) fn query(workspace: &Workspace) -> Result<Self> {
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            process::read(command.current_dir(workspace.root()).args(arguments)).context(
                "failed to read the commit that the release is made of: install git and type \
                 `cargo xtask dist` in a clone",
            )
        };
        let mut commit = git(&["rev-parse", "HEAD"])?.trim_end().to_owned();
        if !git(&["status", "--porcelain"])?.is_empty() {
            commit.push_str(", with changes that are not committed");
        }
        let time = match env::var(EPOCH) {
            Ok(chosen) => seconds(&chosen)?,
            Err(_) => seconds(git(&["log", "-1", "--format=%ct"])?.trim_end())?,
        };
        Ok(Self { commit, time })
    }
}

fn seconds(text: &str) -> Result<u64> {
    text.parse()
        .with_context(|| format!("{EPOCH}: seconds since 1970 expected, found {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_numbers() {
        assert_eq!(seconds("1700000000").ok(), Some(1_700_000_000));
        for text in ["", "-1", "2026-11-27"] {
            assert!(seconds(text).is_err());
        }
    }
}
