// SPDX-License-Identifier: BSD-2-Clause

//! Checks that the flake names the same versions as other files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use kaal_harness::toolchain;

/// The flake has a hash for each version of rust-sel4, and the Rust compiler of the same day as `cargo xtask`.
pub(crate) fn agree(root: &Path) -> Result<()> {
    let read = |file: &str| {
        fs::read_to_string(root.join(file)).with_context(|| format!("failed to read {file}"))
    };
    let hashes = read("nix/packages/root-task/arguments.nix")?;
    for lock in [
        "root-task/Cargo.lock",
        "nix/template/root-task/Cargo.lock",
        "nix/template-system/Cargo.lock",
    ] {
        for line in read(lock)?.lines() {
            if let Some(source) = line.strip_prefix("source = \"git+") {
                let source = format!("\"git+{source}");
                ensure!(hashes.contains(&source), "{lock}: no hash for {source}");
            }
        }
    }

    let named = toolchain::PINNED.trim_start_matches("nightly-");
    let lock = read("flake.lock")?;
    let seconds: i64 = between(&lock, "\"fenix\": {", "narHash")
        .and_then(|fenix| between(fenix, "\"lastModified\": ", ","))
        .context("flake.lock has no date for fenix")?
        .parse()?;
    ensure!(
        days_since_1970(named) == Some(seconds / 86_400),
        "tests/harness/src/toolchain.rs names {named}, but flake.lock has fenix of {seconds} s since 1970"
    );
    Ok(())
}

/// The text between the first `start` and the next `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}

/// The day `date`, like 2026-05-20, as a number of days.
fn days_since_1970(date: &str) -> Option<i64> {
    let mut numbers = date.split('-').map(|number| number.parse::<i64>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    // Years that begin in March end with the leap day.
    let (year, month) = match month > 2 {
        true => (year, month - 3),
        false => (year - 1, month + 9),
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    Some(year * 365 + leap_days + (153 * month + 2) / 5 + day - 719_469)
}
