// SPDX-License-Identifier: BSD-2-Clause

//! Each test that docs/security.md names exists.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

const PAGE: &str = "docs/security.md";

/// A test on that page, given the `trials` of this suite.
pub(crate) fn trial(workspace: &Workspace, trials: &[Trial]) -> Trial {
    let known: Vec<_> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    crate::trial(workspace, "security_page", move |workspace| {
        let page = fs::read_to_string(workspace.root().join(PAGE))?;
        let (_, section) = page.split_once("\n## The tests\n").context("no tests")?;
        let (section, _) = section.split_once("\n## ").context("no other section")?;
        let mut count = 0;
        for row in section.lines().filter(|line| line.starts_with("| ")) {
            let cell = row.rsplit('|').nth(1).unwrap_or_default();
            for list in cell.split(';') {
                let (suite, names) = list.trim().split_once(' ').unwrap_or_default();
                for name in names.split('`').skip(1).step_by(2) {
                    let exists = match suite {
                        "boot" => known.iter().any(|known| known == name),
                        _ => has_function(workspace, suite, name)?,
                    };
                    ensure!(
                        exists,
                        "{PAGE} names a test that doesn't exist: {suite} {name}"
                    );
                    count += 1;
                }
            }
        }
        ensure!(count > 0, "{PAGE} names no tests");
        Ok(())
    })
}

/// Whether a suite of unit tests has the function `name`.
fn has_function(workspace: &Workspace, suite: &str, name: &str) -> Result<bool> {
    let (modules, function) = name.rsplit_once("::").unwrap_or(("", name));
    let file = match suite {
        "cli" => PathBuf::from("builder/tests/cli").join(modules.replace("::", "/")),
        _ => PathBuf::from("elfloader/payload/tests").join(suite),
    };
    let source = fs::read_to_string(workspace.root().join(file.with_extension("rs")))?;
    Ok(source.contains(&format!("fn {function}(")))
}
