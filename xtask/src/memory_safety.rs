// SPDX-License-Identifier: BSD-2-Clause

//! Runs the tests of what decides, reads and decompresses where wrong accesses are found: in Miri, an
//! interpreter, or compiled with AddressSanitizer.
//!
//! Miri finds more, undefined behaviour of any kind, and is slower by orders of magnitude, so that tests
//! which try very many cases are left out there, and random ones try few.

use std::process::Command;

use anyhow::Result;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

use crate::build::nightly_cargo;
use crate::setup::{self, Nightly};

/// Libraries with tests that run on the host and start no other program.
const LIBRARIES: [&str; 6] = [
    "kaal-broker",
    "kaal-lz4",
    "kaal-devicetree",
    "kaal-payload",
    "kaal-uart",
    "kaal-translation",
];

/// What Miri pretends to run on: always the same, without the assembly of AArch64, which it can't run.
const MIRI_TARGET: &str = "x86_64-unknown-linux-gnu";

/// Cases of a random test in Miri.
const MIRI_CASES: &str = "4";

/// Runs the tests in Miri. Some leak memory, which harms nothing.
pub(crate) fn miri(workspace: &Workspace) -> Result<()> {
    setup::miri(Nightly::provide()?)?;
    each(workspace, |command| {
        command
            .args(["miri", "test", "--target", MIRI_TARGET])
            .env("PROPTEST_CASES", MIRI_CASES)
            // Random tests look for files with cases that failed before.
            .env("MIRIFLAGS", "-Zmiri-disable-isolation -Zmiri-ignore-leaks");
    })
}

/// Runs the tests with AddressSanitizer. As with [`miri`], leaks are none of its business.
pub(crate) fn sanitize(workspace: &Workspace) -> Result<()> {
    // With a target named, macros and build scripts are compiled without.
    let host = Nightly::provide()?.compiler.host();
    each(workspace, |command| {
        command
            .args(["test", "--target", host, "--target-dir"])
            .arg(workspace.target().join("sanitize"))
            .env("RUSTFLAGS", "-Zsanitizer=address")
            .env("ASAN_OPTIONS", "detect_leaks=0");
    })
}

/// Runs the tests of the libraries, then those of the builder's own parts.
fn each(workspace: &Workspace, begin: impl Fn(&mut Command)) -> Result<()> {
    let mut libraries = nightly_cargo(workspace)?;
    begin(&mut libraries);
    libraries.args(["--lib", "--tests"]);
    for library in LIBRARIES {
        libraries.args(["--package", library]);
    }
    process::run(&mut libraries)?;

    let mut builder = nightly_cargo(workspace)?;
    begin(&mut builder);
    process::run(builder.args(["--lib", "--package", Workspace::BUILDER]))
}
