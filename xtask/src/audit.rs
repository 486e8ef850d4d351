// SPDX-License-Identifier: BSD-2-Clause

//! Checks all dependencies by the rules in `deny.toml`.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;
use kaal_harness::process;
use kaal_harness::tools::CARGO_DENY;
use kaal_harness::workspace::Workspace;

use crate::progress;
use crate::setup;

/// The manifests of the two workspaces.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "root-task/Cargo.toml"];

/// The check that needs the network.
const ADVISORIES: &str = "advisories";

#[derive(Args)]
pub(crate) struct Options {
    /// Skip the check for known vulnerabilities; it downloads a database
    #[arg(long)]
    without_advisories: bool,
}

/// Runs all checks, even if one fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let program = setup::tool(workspace, &CARGO_DENY)?;
    let online = (!options.without_advisories).then_some(ADVISORIES);
    let mut failures = String::new();
    for checks in ["licenses bans sources"].into_iter().chain(online) {
        for manifest in MANIFESTS {
            progress::step(format_args!("{manifest}: {checks}"));
            if let Err(error) = check(&program, workspace, manifest, checks) {
                failures += &format!("\n  {manifest}, {checks}: {error:#}");
                if checks == ADVISORIES {
                    failures += "; add --without-advisories if there is no network";
                }
            }
        }
    }
    ensure!(
        failures.is_empty(),
        "the dependencies break rules of deny.toml:{failures}"
    );
    Ok(())
}

fn check(program: &Path, workspace: &Workspace, manifest: &str, checks: &str) -> Result<()> {
    let root = workspace.root();
    let mut command = Command::new(program);
    command.args(["--locked", "--manifest-path"]);
    command.arg(root.join(manifest)).arg("--config");
    command.arg(root.join("deny.toml")).arg("check");
    // The lists of exceptions serve both workspaces.
    let unused = "--allow unmatched-skip --allow license-exception-not-encountered";
    command.args(unused.split(' ')).args(checks.split(' '));
    process::run(&mut command)
}
