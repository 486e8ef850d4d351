// SPDX-License-Identifier: BSD-2-Clause

//! Runs the tests of pure logic, readers and decompression where invalid memory accesses are found: in Miri, an
//! interpreter, or compiled with AddressSanitizer.
//!
//! Miri also finds other undefined behaviour, but is slower by orders of magnitude. So tests with very many cases are
//! skipped there, and random tests try few cases.

use std::process::Command;

use anyhow::Result;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

use crate::build::nightly_cargo;
use crate::setup::{self, Nightly};

/// Libraries whose tests run on the host and start no other program.
const LIBRARIES: [&str; 6] = [
    "kaal-broker",
    "kaal-lz4",
    "kaal-devicetree",
    "kaal-payload",
    "kaal-uart",
    "kaal-translation",
];

/// The target that Miri emulates: the same on every host, and without AArch64 assembly, which Miri can't run.
const MIRI_TARGET: &str = "x86_64-unknown-linux-gnu";

/// Cases per random test in Miri.
const MIRI_CASES: &str = "4";

/// Runs the tests in Miri. Some leak memory, which is harmless.
pub(crate) fn miri(workspace: &Workspace) -> Result<()> {
    setup::miri(Nightly::provide()?)?;
    each(workspace, |command| {
        command.args(["miri", "test", "--target", MIRI_TARGET]);
        command.env("PROPTEST_CASES", MIRI_CASES);
        // Random tests look for files with cases that failed before.
        command.env("MIRIFLAGS", "-Zmiri-disable-isolation -Zmiri-ignore-leaks");
    })
}

/// Runs the tests with AddressSanitizer, which ignores leaks here as [`miri`] does.
pub(crate) fn sanitize(workspace: &Workspace) -> Result<()> {
    // With a target named, macros and build scripts are compiled without it.
    let host = Nightly::provide()?.compiler.host();
    each(workspace, |command| {
        command.args(["test", "--target", host, "--target-dir"]);
        command.arg(workspace.target().join("sanitize"));
        command.env("RUSTFLAGS", "-Zsanitizer=address");
        command.env("ASAN_OPTIONS", "detect_leaks=0");
    })
}

/// Runs the tests of the libraries, then those of the builder's own parts.
fn each(workspace: &Workspace, begin: impl Fn(&mut Command)) -> Result<()> {
    let test = |options: &[&str], packages: &[&str]| {
        let mut command = nightly_cargo(workspace)?;
        begin(&mut command);
        command.args(options);
        for package in packages {
            command.args(["--package", package]);
        }
        process::run(&mut command)
    };
    test(&["--lib", "--tests"], &LIBRARIES)?;
    test(&["--lib"], &[Workspace::BUILDER])
}
