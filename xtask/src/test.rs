// SPDX-License-Identifier: BSD-2-Clause

//! Runs all checks and tests, and sums up the results.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use kaal_harness::process;
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::tools::{
    BINUTILS, CHROMIUM, CLANG, GDB, GOLD, JQ, MDBOOK, MKFS_FAT, MKIMAGE, MTOOLS, NIX, OPENSSL,
    PKCS11_TOOL, SBSIGN, SOFTHSM, SWTPM,
};
use kaal_harness::workspace::{Program, Workspace};

use crate::book;
use crate::build::{self, cargo, nightly_cargo};
use crate::progress;
use crate::root_task::{self, Selection};
use crate::setup;

#[derive(Args)]
pub(crate) struct Options {
    /// Fail if SEL4_PREFIX is not set, instead of skipping the tests of a real kernel
    #[arg(long)]
    sel4: bool,
}

/// Runs every step, even if one fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let kernel = Kernel::from_environment()?;
    ensure!(
        kernel.is_some() || !options.sel4,
        "{PREFIX} is not set, but --sel4 tests a real kernel: set it to a kernel's prefix"
    );
    let target = build::target_flags()?;
    for tool in [
        &GDB,
        &BINUTILS,
        &GOLD,
        &CLANG,
        &NIX,
        &JQ,
        &OPENSSL,
        &PKCS11_TOOL,
        &SOFTHSM,
        &SBSIGN,
        &MKIMAGE,
        &SWTPM,
        &CHROMIUM,
        &MKFS_FAT,
        &MTOOLS,
    ] {
        setup::tool_for_tests(workspace, tool);
    }
    setup::u_boots_for_tests(workspace);
    setup::firmwares_for_tests(workspace);
    // Tests run in the folder of their crate: a relative prefix would name nothing there.
    let run = |mut command: Command, line: &str| {
        if let Some(kernel) = &kernel {
            command.env(PREFIX, kernel.prefix());
        }
        process::run(command.args(line.split(' ')))
    };
    // Each compiler has its own lints and format: those of the pinned one count.
    let nightly = |line: &str| run(nightly_cargo(workspace)?, line);

    let mut summary = Summary::default();
    summary.step("format", || nightly("fmt --all --check"));
    summary.step("format, root task", || {
        nightly("fmt --all --check --manifest-path root-task/Cargo.toml")
    });
    summary.step("lints, host", || {
        nightly("clippy --all-targets -- -Dwarnings")
    });
    // `--all-targets` skips suites that run by name only.
    summary.step("lints, suites", || {
        nightly("clippy --package kaal-tests --test * -- -Dwarnings")
    });
    summary.step("lints, target", || {
        let packages = Program::ALL.map(|program| format!("--package {}", program.package()));
        let [target, packages] = [target.join(" "), packages.join(" ")];
        nightly(&format!(
            "clippy --profile boot {target} {packages} -- -Dwarnings"
        ))
    });
    summary.step("documentation", || {
        let mut command = nightly_cargo(workspace)?;
        command.env("RUSTDOCFLAGS", "-Dwarnings");
        run(command, "doc --no-deps --document-private-items")
    });
    summary.step("tests, host", || run(cargo(workspace), "test"));
    if let Some(kernel) = &kernel {
        summary.step("lints, root task", || {
            for selection in Selection::for_tests(workspace, kernel)? {
                root_task::build(workspace, kernel, root_task::RELEASE, &selection)?;
            }
            for is_for_development in [false, true] {
                process::run(&mut root_task::lints(
                    workspace,
                    kernel,
                    is_for_development,
                )?)?;
            }
            Ok(())
        });
        summary.step("examples, root task", || {
            process::run(&mut root_task::examples(workspace, kernel)?)
        });
    }
    summary.step("tests, boot", || {
        build::run(workspace)?;
        run(cargo(workspace), "test --package kaal-tests --test boot")
    });
    summary.step("tests, documentation", || {
        let line = "test --package kaal-tests --test shells --test docs";
        run(cargo(workspace), line)
    });
    match MDBOOK.find() {
        Some(_) => summary.step("book", || book::pages(workspace)),
        // Compiling mdBook first takes minutes.
        None => summary.skip("book", "needs mdbook, which `cargo xtask book` gets"),
    }
    summary.finish()
}

/// The steps so far: the name, duration and outcome of each, and the reason if it did not pass.
#[derive(Default)]
struct Summary(Vec<(&'static str, Duration, &'static str, String)>);

impl Summary {
    fn step(&mut self, name: &'static str, run: impl FnOnce() -> Result<()>) {
        progress::step(name);
        let started = Instant::now();
        let (outcome, reason) = match run() {
            Ok(()) => ("ok", String::new()),
            Err(error) => ("FAILED", format!(": {error:#}")),
        };
        self.0.push((name, started.elapsed(), outcome, reason));
    }

    fn skip(&mut self, name: &'static str, reason: &str) {
        let reason = format!(": {reason}");
        self.0.push((name, Duration::ZERO, "skipped", reason));
    }

    /// Prints all results; fails if a step failed.
    fn finish(&self) -> Result<()> {
        println!("== summary");
        for (step, duration, outcome, reason) in &self.0 {
            let seconds = duration.as_secs_f64();
            println!("{outcome:7} {seconds:6.1} s  {step}{reason}");
        }
        let outcomes = || self.0.iter().map(|(_, _, outcome, _)| *outcome);
        let [passed, failed, skipped] = ["ok", "FAILED", "skipped"]
            .map(|outcome| outcomes().filter(|found| *found == outcome).count());
        println!("steps: {passed} passed, {failed} failed, {skipped} skipped");
        ensure!(failed == 0, "{failed} of {} steps failed", self.0.len());
        Ok(())
    }
}
