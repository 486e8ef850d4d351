// SPDX-License-Identifier: BSD-2-Clause

//! Commits follow the rules of `CONTRIBUTING.md`.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use kaal_harness::process;

/// The last commit before the rules.
const START: &str = "1cbbb814f97b6da3ed26e53ab604c55c18ea9a33";

/// Upper limit of characters in a subject.
const MAX_SUBJECT: usize = 72;

/// Whether Git has the commits since the rules began. An archive of the sources and a shallow clone don't.
pub(crate) fn is_known(root: &Path) -> bool {
    log(root, "--max-count=1").is_ok()
}

/// Each subject is short enough for one line.
pub(crate) fn has_short_subjects(root: &Path) -> Result<()> {
    let commits = log(root, "--format=%h %s")?;
    let long: Vec<_> = commits
        .lines()
        .filter_map(|commit| commit.split_once(' '))
        .filter(|(_, subject)| subject.chars().count() > MAX_SUBJECT)
        .map(|(hash, subject)| format!("{hash} {subject}"))
        .collect();
    ensure!(
        long.is_empty(),
        "subjects of at most {MAX_SUBJECT} characters expected, found:\n{}\n\
         shorten them with `git rebase --interactive`",
        long.join("\n")
    );
    Ok(())
}

/// No commit has two parents.
pub(crate) fn is_linear(root: &Path) -> Result<()> {
    let merges = log(root, "--merges")?;
    ensure!(
        merges.is_empty(),
        "no merge commit expected, found:\n{merges}rebase them with `git rebase`"
    );
    Ok(())
}

/// Lists the commits since the rules began.
fn log(root: &Path, option: &str) -> Result<String> {
    let commits = format!("{START}..HEAD");
    let mut git = Command::new("git");
    git.current_dir(root)
        .args(["log", "--oneline", "--no-color", option, &commits, "--"]);
    process::read(&mut git)
}
