// SPDX-License-Identifier: BSD-2-Clause

//! Checks that the documents say the truth of dependencies and of unsafe code, and what Cargo is told of packages.
//!
//! Where the checkout has no documents, the tests are listed as ignored.

mod dependencies;
mod forbidden;
mod table;
mod unsafe_code;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use kaal_tests::workspace::Workspace;
use libtest_mimic::{Arguments, Trial};

/// What a test does in the checkout.
type Check = fn(&Path) -> Result<()>;

const CHECKS: [(&str, Check); 5] = [
    ("dependencies_are_listed", dependencies::are_listed),
    (
        "own_crates_have_no_build_script",
        dependencies::own_have_no_build_script,
    ),
    (
        "own_crates_are_not_published",
        dependencies::own_are_not_published,
    ),
    ("unsafe_code_is_listed", unsafe_code::is_listed),
    ("unsafe_code_is_forbidden_elsewhere", forbidden::elsewhere),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let workspace = match Workspace::locate() {
        Ok(workspace) => workspace,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let root = workspace.root();
    let no_documents = !root.join("docs").is_dir();
    let trials = CHECKS.map(|(name, check)| {
        let root = root.to_owned();
        Trial::test(name, move || {
            check(&root).map_err(|error| format!("{error:#}").into())
        })
        .with_ignored_flag(no_documents)
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}
