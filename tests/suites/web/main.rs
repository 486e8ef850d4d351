// SPDX-License-Identifier: BSD-2-Clause

//! Tests the page of a running system in Chromium, and disks of other programs. A test is ignored if its
//! programs aren't installed.

mod browser;
mod content;
mod counters;
mod disk;
#[path = "../../../root-task/web/examples/serve/host.rs"]
mod host;
mod looks;
mod real;
#[path = "../../../root-task/web/examples/serve/sample.rs"]
mod sample;
mod site;
mod use_of_page;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use kaal_harness::process;
use kaal_harness::tools::{CHROMIUM, MKFS_FAT, MTOOLS};
use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

use browser::Browser;
use site::Site;

/// A test of the page.
type Test = fn(&mut Browser, &Site) -> Result<()>;

const TESTS: [(&str, Test); 13] = [
    ("picture_equals_system_json", content::picture_equals_json),
    ("tables_equal_system_json", content::tables_equal_json),
    ("counters_appear", counters::appear),
    ("changes_appear", content::changes_appear),
    ("hostile_names_are_text", content::hostile_names_are_text),
    (
        "page_follows_a_new_server",
        use_of_page::follows_a_new_server,
    ),
    ("page_notices_silence", use_of_page::notices_silence),
    (
        "keyboard_reaches_everything",
        use_of_page::keyboard_reaches_everything,
    ),
    ("everything_has_a_name", use_of_page::everything_has_a_name),
    ("page_fits_all_widths", looks::fits_all_widths),
    ("text_is_legible_in_light_and_dark", looks::text_is_legible),
    ("nothing_moves", looks::nothing_moves),
    ("colours_are_not_alone", looks::colours_are_not_alone),
];

fn main() -> ExitCode {
    process::exit_code(run_suite())
}

fn run_suite() -> Result<ExitCode> {
    let mut trials: Vec<_> = TESTS
        .into_iter()
        .map(|(name, test)| {
            let (name, is_missing) = CHROMIUM.needed_by(name);
            let run = move || with_page(test).map_err(|error| format!("{error:#}").into());
            Trial::test(name, run).with_ignored_flag(is_missing)
        })
        .collect();
    trials.push(real::trial());
    let run = || disk::disks_of_the_harness_are_read().map_err(|error| format!("{error:#}").into());
    trials.push(Trial::test("disks_of_the_harness_are_read", run));
    let (name, no_mkfs) = MKFS_FAT.needed_by("disks_of_mkfs_are_read");
    let (name, no_mtools) = MTOOLS.needed_by(&name);
    let run = || disk::disks_of_mkfs_are_read().map_err(|error| format!("{error:#}").into());
    trials.push(Trial::test(name, run).with_ignored_flag(no_mkfs || no_mtools));
    let mut arguments = Arguments::from_args();
    // More browsers at once would only wait for each other.
    arguments.test_threads.get_or_insert(2);
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

/// Opens the page of a sample system, and tests it.
fn with_page(test: Test) -> Result<()> {
    let program = CHROMIUM.find().context("Chromium is missing")?;
    let folder = TempDir::new()?;
    let site = Site::start(folder.path())?;
    let mut browser = Browser::start(&program)?;
    browser.resize(1280)?;
    browser.open(&site.address)?;
    test(&mut browser, &site)
}

/// Fails unless both are equal.
fn expect_equal<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<()> {
    anyhow::ensure!(
        found == expected,
        "{what}:\nexpected {expected:#?}\nfound {found:#?}"
    );
    Ok(())
}

/// Where tests find the page's script.
fn script(name: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web").join(name);
    std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))
}
