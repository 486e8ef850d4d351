// SPDX-License-Identifier: BSD-2-Clause

//! Compares the generated parts of the pages with new ones. Numbers may differ: sizes and addresses
//! change with the compiler.

use std::fs;

use anyhow::{Context, Result, ensure};
use kaal_harness::book;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::output::without_numbers;

/// One test for all pages, which are generated from the same images.
pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let workspace = workspace.clone();
    vec![Trial::test("generated parts are up to date", move || {
        compare(&workspace).map_err(|error| format!("{error:#}").into())
    })]
}

fn compare(workspace: &Workspace) -> Result<()> {
    for file in book::generate(workspace)? {
        let path = workspace.root().join(&file.path);
        let found = fs::read_to_string(&path)
            .with_context(|| format!("failed to read {}", path.display()))?;
        let mut found = found.lines().map(without_numbers);
        for line in file.content.lines() {
            let expected = without_numbers(line);
            let found = found.next().unwrap_or_default();
            ensure!(
                expected == found,
                "{}: not what `cargo xtask book` generates; expected\n{expected}\nfound\n{found}",
                file.path.display()
            );
        }
        ensure!(
            found.next().is_none(),
            "{}: has more lines",
            file.path.display()
        );
    }
    Ok(())
}
