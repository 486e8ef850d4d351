// SPDX-License-Identifier: BSD-2-Clause

//! Builds the programs and packs the default image.

use std::env;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_tests::process;
use kaal_tests::workspace::{Program, Workspace};

use crate::setup::{self, TARGET};

/// Builds everything that `target/kaal` and `target/release` hold.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    build_programs(workspace)?;
    build_builder(workspace)
}

/// Builds the programs for the target.
fn build_programs(workspace: &Workspace) -> Result<()> {
    let library = setup::core_library()?;
    let mut command = cargo(workspace);
    command
        .args(["build", "--profile", "firmware", "--target", TARGET])
        .args(library.cargo_flags());
    for program in Program::ALL {
        command.args(["--package", program.package()]);
        command.args(["--bin", program.binary()]);
    }
    process::run(&mut command)?;

    let built = workspace.target().join(TARGET).join("firmware");
    let artifacts = workspace.artifacts();
    fs::create_dir_all(&artifacts)
        .with_context(|| format!("failed to create {}", artifacts.display()))?;
    for program in Program::ALL {
        let to = workspace.program(program);
        fs::copy(built.join(program.binary()), &to)
            .with_context(|| format!("failed to write {}", to.display()))?;
    }
    Ok(())
}

/// Builds the image builder, a program for the host.
fn build_builder(workspace: &Workspace) -> Result<()> {
    process::run(cargo(workspace).args(["build", "--release", "--package", Workspace::BUILDER]))
}

/// Cargo, writing to the folder that the programs are looked for in.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(workspace.root())
        .env("CARGO_TARGET_DIR", workspace.target());
    command
}
