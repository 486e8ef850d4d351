// SPDX-License-Identifier: BSD-2-Clause

//! Uses this machine's archive of `cargo xtask dist` like a user without Rust or Nix: verifies its checksum,
//! unpacks it, and runs the commands of its README.

mod clean_room;
mod commands;
mod content;
mod unpacked;

use std::process::ExitCode;

use anyhow::Result;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;
use libtest_mimic::{Arguments, Trial};

use unpacked::Unpacked;

/// A test of the unpacked archive.
type Check = fn(&Unpacked) -> Result<()>;

const CHECKS: [(&str, Check); 9] = [
    ("files_are_there_and_none_is_empty", content::is_complete),
    ("the_builder_is_a_program", content::builder_is_executable),
    ("the_builder_needs_no_library", content::builder_is_static),
    ("no_file_names_the_checkout", content::names_no_folder),
    ("every_crate_has_its_licence", content::has_licenses),
    ("the_record_names_both_compilers", content::names_compilers),
    ("manual_pages_are_those_of_the_builder", content::has_manual),
    ("the_readme_boots_the_probes", commands::boot),
    ("kaals_readme_shows_the_same_commands", commands::are_shown),
];

fn main() -> ExitCode {
    process::exit_code(run_suite())
}

fn run_suite() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let unpacked = Workspace::locate().and_then(|workspace| Unpacked::new(&workspace))?;
    let mut trials: Vec<_> = CHECKS
        .into_iter()
        .map(|(name, check)| trial(name, &unpacked, check))
        .collect();
    let name = "the_readme_boots_the_probes_in_a_clean_room";
    let room = trial(name, &unpacked, clean_room::boot);
    trials.push(room.with_ignored_flag(!clean_room::can_be_made(&unpacked.checkout)));
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn trial(name: &str, unpacked: &Unpacked, check: Check) -> Trial {
    let unpacked = unpacked.clone();
    Trial::test(name, move || {
        check(&unpacked).map_err(|error| format!("{error:#}").into())
    })
}
