// SPDX-License-Identifier: BSD-2-Clause

//! Compares what KaaL reads from real device trees with what a simple reader makes of them.
//!
//! Nothing of these trees is committed. Those that this machine lacks are tests that are listed as ignored.

mod described;
mod expected;
mod node;
mod sources;
mod tally;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use kaal_harness::process;
use kaal_harness::workspace::Workspace;
use libtest_mimic::{Arguments, Trial};

use described::Described;
use sources::Source;
use tally::Tally;

fn main() -> ExitCode {
    process::exit_code(run_suite())
}

fn run_suite() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let sources = sources::all(&Workspace::locate()?);
    let trials = sources.into_iter().map(trial).collect();
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn trial(source: Source) -> Trial {
    let is_missing = source.files.is_empty();
    let name = match is_missing {
        true => format!("{} (needs {})", source.name, source.origin),
        false => source.name.to_owned(),
    };
    let compare = move || compare_all(&source).map_err(|error| format!("{error:#}").into());
    Trial::test(name, compare).with_ignored_flag(is_missing)
}

/// The most differences that a failure shows.
const MOST_SHOWN: usize = 3;

fn compare_all(source: &Source) -> Result<()> {
    let (mut count, mut differences) = (0, Vec::new());
    let mut tally = Tally::default();
    for file in &source.files {
        let content = fs::read(file)?;
        for (offset, blob) in sources::trees(&content) {
            count += 1;
            match compare(blob).with_context(|| name(file, offset)) {
                Ok(machine) => tally.add(&machine),
                Err(difference) => differences.push(format!("{difference:#}")),
            }
        }
    }
    eprintln!("{}: {count} device trees: {tally}", source.name);
    ensure!(count > 0, "no device tree in {} files", source.files.len());
    ensure!(
        differences.is_empty(),
        "{} of {count} differ:\n{}",
        differences.len(),
        differences[..differences.len().min(MOST_SHOWN)].join("\n")
    );
    Ok(())
}

fn compare(blob: &[u8]) -> Result<Described> {
    let found = Described::by_kaal(blob)?;
    let expected = expected::describe(blob);
    ensure!(
        found == expected,
        "{expected:#?}\nexpected, found:\n{found:#?}"
    );
    Ok(found)
}

fn name(file: &Path, offset: usize) -> String {
    format!("the device tree at {offset:#x} in {}", file.display())
}
