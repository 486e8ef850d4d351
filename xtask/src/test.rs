// SPDX-License-Identifier: BSD-2-Clause

//! Runs all checks and tests, and sums them up.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use kaal_harness::process;
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::tools::{GDB, JQ, MDBOOK, NIX, Tool};
use kaal_harness::workspace::{Program, Workspace};

use crate::book;
use crate::build::{self, cargo, nightly_cargo};
use crate::progress;
use crate::root_task::{self, Profile};
use crate::setup;

/// What has to be tested.
#[derive(Args)]
pub(crate) struct Options {
    /// Fail where SEL4_PREFIX is not set, instead of leaving out the tests of a real kernel
    #[arg(long)]
    sel4: bool,
}

impl Options {
    /// Fails where a kernel is needed and there is none.
    fn check(&self, kernel: Option<&Kernel>) -> Result<()> {
        if self.sel4 && kernel.is_none() {
            bail!("--sel4 tests on a real kernel, but {PREFIX} is not set: set it to one");
        }
        Ok(())
    }
}

/// Programs that some tests need.
const NEEDED: [&Tool; 3] = [&GDB, &NIX, &JQ];

/// What came of one step.
struct Outcome {
    step: &'static str,
    result: Result<Done>,
    duration: Duration,
}

/// How a step ended that didn't fail.
enum Done {
    Passed,
    /// Why it was left out.
    Skipped(String),
}

/// Runs every step, also after one that failed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let kernel = Kernel::from_environment()?;
    options.check(kernel.as_ref())?;
    let target = build::target_flags()?;
    for tool in NEEDED {
        setup::tool_for_tests(workspace, tool);
    }
    let steps = [
        ("format", format(workspace)?),
        ("format, root task", root_task::format(workspace)?),
        ("lints, host", lints(workspace)?),
        ("lints, suites", suite_lints(workspace)?),
        ("lints, target", target_lints(workspace, &target)?),
        ("documentation", documentation(workspace)?),
        ("tests, host", tests(workspace)),
    ];
    let mut outcomes: Vec<Outcome> = steps
        .into_iter()
        .map(|(step, command)| (step, with_kernel(command, kernel.as_ref())))
        .map(|(step, mut command)| carry_out(step, || process::run(&mut command)))
        .collect();
    if let Some(kernel) = &kernel {
        outcomes.push(carry_out("lints, root task", || {
            root_task::build(workspace, kernel, Profile::Release)?;
            process::run(&mut root_task::lints(workspace, kernel)?)
        }));
    }
    outcomes.push(carry_out("tests, boot", || {
        build::run(workspace)?;
        let tests = built_tests(workspace, &["boot"]);
        process::run(&mut with_kernel(tests, kernel.as_ref()))
    }));
    outcomes.push(carry_out("tests, documentation", || {
        let tests = built_tests(workspace, &["shells", "docs"]);
        process::run(&mut with_kernel(tests, kernel.as_ref()))
    }));
    outcomes.push(book(workspace));
    sum_up(&outcomes)
}

/// `command`, which finds the kernel wherever it runs: tests do so in the folder of their crate.
fn with_kernel(mut command: Command, kernel: Option<&Kernel>) -> Command {
    if let Some(kernel) = kernel {
        command.env(PREFIX, kernel.prefix());
    }
    command
}

fn format(workspace: &Workspace) -> Result<Command> {
    let mut command = nightly_cargo(workspace)?;
    command.args(["fmt", "--all", "--check"]);
    Ok(command)
}

// Each compiler has lints of its own: those of the pinned one count.
fn lints(workspace: &Workspace) -> Result<Command> {
    let mut command = nightly_cargo(workspace)?;
    command.args(["clippy", "--all-targets", "--", "-Dwarnings"]);
    Ok(command)
}

/// Lints of the suites that run by name only, which `--all-targets` leaves out.
fn suite_lints(workspace: &Workspace) -> Result<Command> {
    let mut command = nightly_cargo(workspace)?;
    command.args(["clippy", "--package", "kaal-tests", "--test", "*"]);
    command.args(["--", "-Dwarnings"]);
    Ok(command)
}

fn target_lints(workspace: &Workspace, target: &[&str]) -> Result<Command> {
    let mut command = nightly_cargo(workspace)?;
    command.args(["clippy", "--profile", "boot"]).args(target);
    for program in Program::ALL {
        command.args(["--package", program.package()]);
    }
    command.args(["--", "-Dwarnings"]);
    Ok(command)
}

fn documentation(workspace: &Workspace) -> Result<Command> {
    let mut command = nightly_cargo(workspace)?;
    command
        .args(["doc", "--no-deps", "--document-private-items"])
        .env("RUSTDOCFLAGS", "-Dwarnings");
    Ok(command)
}

fn tests(workspace: &Workspace) -> Command {
    let mut command = cargo(workspace);
    command.arg("test");
    command
}

/// The tests of what `cargo xtask build` makes, in `suites`.
fn built_tests(workspace: &Workspace, suites: &[&str]) -> Command {
    let mut command = cargo(workspace);
    command.args(["test", "--package", "kaal-tests"]);
    for suite in suites {
        command.args(["--test", suite]);
    }
    command
}

/// Builds the book where that takes no minutes to compile mdBook first.
fn book(workspace: &Workspace) -> Outcome {
    const STEP: &str = "book";
    match MDBOOK.find() {
        Some(_) => carry_out(STEP, || book::pages(workspace)),
        None => Outcome {
            step: STEP,
            result: Ok(Done::Skipped(
                "needs mdbook, which `cargo xtask book` gets".to_owned(),
            )),
            duration: Duration::ZERO,
        },
    }
}

fn carry_out(step: &'static str, scratch: impl FnOnce() -> Result<()>) -> Outcome {
    progress::step(step);
    let started = Instant::now();
    let result = scratch().map(|()| Done::Passed);
    Outcome {
        step,
        result,
        duration: started.elapsed(),
    }
}

fn sum_up(outcomes: &[Outcome]) -> Result<()> {
    println!("== summary");
    let [mut passed, mut failed, mut skipped] = [0; 3];
    for outcome in outcomes {
        let seconds = outcome.duration.as_secs_f64();
        let (count, word, reason) = match &outcome.result {
            Ok(Done::Passed) => (&mut passed, "ok", String::new()),
            Ok(Done::Skipped(reason)) => (&mut skipped, "skipped", format!(": {reason}")),
            Err(error) => (&mut failed, "FAILED", format!(": {error:#}")),
        };
        *count += 1;
        println!("{word:7} {seconds:6.1} s  {}{reason}", outcome.step);
    }
    println!("steps: {passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 {
        bail!("{failed} of {} steps failed", outcomes.len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn sel4_is_not_tested_without_a_kernel() {
        let error = Options { sel4: true }.check(None).unwrap_err();
        assert!(
            error.to_string().contains("SEL4_PREFIX is not set"),
            "{error}"
        );
        assert!(Options { sel4: false }.check(None).is_ok());
    }
}
