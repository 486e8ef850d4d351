// SPDX-License-Identifier: BSD-2-Clause

//! Checks all dependencies by the rules in `deny.toml`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use kaal_harness::process;
use kaal_harness::tools::CARGO_DENY;
use kaal_harness::workspace::Workspace;

use crate::progress;
use crate::setup;

/// What each of the two workspaces is described by.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "root-task/Cargo.toml"];

/// What is checked with nothing but the dependencies themselves.
const CHECKS: [&str; 3] = ["licenses", "bans", "sources"];

/// What has to be checked.
#[derive(Args)]
pub(crate) struct Options {
    /// Leave out what is known to be wrong with dependencies, which takes a database from the network
    #[arg(long)]
    without_advisories: bool,
}

/// Carries out all checks, also after one that failed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let program = setup::tool(workspace, &CARGO_DENY)?;
    let mut failures = Vec::new();
    let mut note = |what: &str, result: Result<()>| {
        if let Err(error) = result {
            failures.push(format!("\n  {what}: {error:#}"));
        }
    };
    for manifest in MANIFESTS {
        progress::step(format_args!("{manifest}: {}", CHECKS.join(", ")));
        note(manifest, check(&program, workspace, manifest, &CHECKS));
    }
    if !options.without_advisories {
        progress::step("advisories");
        match fetch_advisories(&program, workspace) {
            Ok(()) => {
                for manifest in MANIFESTS {
                    note(
                        manifest,
                        check(&program, workspace, manifest, &["advisories"]),
                    );
                }
            }
            Err(error) => note("advisories", Err(error)),
        }
    }
    match failures.as_slice() {
        [] => Ok(()),
        _ => bail!(
            "dependencies are not as deny.toml demands:{}",
            failures.concat()
        ),
    }
}

/// Brings the database of advisories up to date.
fn fetch_advisories(program: &Path, workspace: &Workspace) -> Result<()> {
    process::run(command(program, workspace, MANIFESTS[0]).args(["fetch", "db"])).context(
        "failed to download the database; leave it out with --without-advisories where there is no \
         way to it",
    )
}

fn check(program: &Path, workspace: &Workspace, manifest: &str, checks: &[&str]) -> Result<()> {
    let mut command = command(program, workspace, manifest);
    // The lists of exceptions are for both workspaces.
    command.args(["check", "--allow", "unmatched-skip"]);
    command.args(["--allow", "license-exception-not-encountered"]);
    process::run(command.args(checks))
}

fn command(program: &Path, workspace: &Workspace, manifest: &str) -> Command {
    let root = workspace.root();
    let mut command = Command::new(program);
    command
        .arg("--locked")
        .arg("--manifest-path")
        .arg(root.join(manifest))
        .arg("--config")
        .arg(root.join("deny.toml"));
    command
}
