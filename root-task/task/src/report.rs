// SPDX-License-Identifier: BSD-2-Clause

//! Prints results of tests.

use core::fmt;

use crate::console::say;

/// Prints a test's result. Returns whether it passed.
pub(crate) fn report(name: &str, passed: bool, detail: fmt::Arguments<'_>) -> bool {
    let outcome = if passed { "ok" } else { "FAILED" };
    say!("self-test {name}: {outcome}: {detail}");
    passed
}

/// Whether the build makes this test fail, to prove that failures are reported.
pub(crate) fn is_seeded(name: &str) -> bool {
    option_env!("KAAL_SEED_FAULT") == Some(name)
}
