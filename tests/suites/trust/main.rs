// SPDX-License-Identifier: BSD-2-Clause

//! Checks the lists of dependencies and unsafe code, the settings of packages, the imports of modules,
//! and the rules for commits.
//!
//! Without documents or history in the checkout, their tests are listed as ignored.

mod dependencies;
mod forbidden;
mod history;
mod rooms;
mod table;
mod unsafe_code;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;
use libtest_mimic::{Arguments, Trial};

/// A test of the checkout.
type Check = fn(&Path) -> Result<()>;

const CHECKS: [(&str, Check); 6] = [
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
    ("no_crate_has_a_circle_of_imports", rooms::import_downwards),
];

/// The checks of commits.
const HISTORY: [(&str, Check); 2] = [
    ("subjects_are_short", history::has_short_subjects),
    ("history_is_linear", history::is_linear),
];

fn main() -> ExitCode {
    process::exit_code(run_suite())
}

fn run_suite() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let workspace = Workspace::locate()?;
    let root = workspace.root();
    let no_documents = !root.join("docs").is_dir();
    let no_history = !history::is_known(root);
    let documents = CHECKS.map(|check| trial(root, check, no_documents));
    let history = HISTORY.map(|check| trial(root, check, no_history));
    let trials = documents.into_iter().chain(history).collect();
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn trial(root: &Path, (name, check): (&str, Check), ignored: bool) -> Trial {
    let root = root.to_owned();
    Trial::test(name, move || {
        check(&root).map_err(|error| format!("{error:#}").into())
    })
    .with_ignored_flag(ignored)
}
