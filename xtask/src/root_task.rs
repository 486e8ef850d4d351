// SPDX-License-Identifier: BSD-2-Clause

//! Builds the root task and its components for a kernel.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_harness::process;
use kaal_harness::sel4::{self, Kernel};
use kaal_harness::workspace::Workspace;

use crate::build::{nightly_cargo, target_flags};
use crate::setup::TARGET;

const PACKAGE: &str = "kaal-root-task";

/// Names the folder of the components' programs for the root task's build script.
const COMPONENTS: &str = "KAAL_COMPONENTS";

/// The compiler's flags, in the place of the loader's in `.cargo/config.toml`: the root task and its
/// components run at the addresses that they are linked for, and share no page between segments.
const FLAGS: [&str; 6] = [
    "-Crelocation-model=static",
    "-Clink-arg=-zmax-page-size=4096",
    "-Clink-arg=-zseparate-loadable-segments",
    "-Clink-arg=-znorelro",
    "-Cforce-unwind-tables=no",
    "-Zlocation-detail=none",
];

/// How the root task is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Small and fast.
    Release,
    /// Soon done again.
    Watch,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Watch => "watch",
        }
    }
}

/// Builds the root task for the kernel that the environment names.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let kernel = Kernel::from_environment()?.with_context(|| {
        format!(
            "{} is not set: the root task is built for one kernel",
            sel4::PREFIX
        )
    })?;
    let root_task = build(workspace, &kernel, Profile::Release)?;
    println!("built {}", root_task.display());
    Ok(())
}

/// Builds the root task for `kernel`. Returns where it is.
pub(crate) fn build(workspace: &Workspace, kernel: &Kernel, profile: Profile) -> Result<PathBuf> {
    let target = target_flags()?;
    let programs = programs(workspace, profile);
    let cargo = |packages: &[&str]| -> Result<Command> {
        let mut command = command(workspace, kernel)?;
        // Without `--locked`: a component that has just been added is not in Cargo.lock yet.
        command.args(["build", "--profile", profile.name()]);
        command.args(&target).args(packages);
        Ok(command)
    };
    process::run(&mut cargo(&["--workspace", "--exclude", PACKAGE])?)?;
    let mut root_task = cargo(&["--package", PACKAGE])?;
    process::run(root_task.env(COMPONENTS, &programs))?;
    let (built, to) = (programs.join(PACKAGE), workspace.root_task());
    fs::create_dir_all(workspace.artifacts())
        .and_then(|()| fs::copy(&built, &to))
        .with_context(|| format!("failed to write {}", to.display()))?;
    Ok(to)
}

/// The command that checks the format of the root task and its components.
pub(crate) fn format(workspace: &Workspace) -> Result<Command> {
    let mut command = nightly_cargo(workspace)?;
    command
        .current_dir(folder(workspace))
        .args(["fmt", "--all", "--check"]);
    Ok(command)
}

/// The command that checks the root task and its components, which have been built.
pub(crate) fn lints(workspace: &Workspace, kernel: &Kernel) -> Result<Command> {
    let mut command = command(workspace, kernel)?;
    command
        .args(["clippy", "--release", "--locked", "--workspace"])
        .args(target_flags()?)
        .args(["--", "-Dwarnings"])
        .env(COMPONENTS, programs(workspace, Profile::Release));
    Ok(command)
}

/// Cargo, in the root task's workspace.
fn command(workspace: &Workspace, kernel: &Kernel) -> Result<Command> {
    let mut command = nightly_cargo(workspace)?;
    command
        .current_dir(folder(workspace))
        .env("CARGO_TARGET_DIR", workspace.root_task_target())
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"))
        .env(sel4::PREFIX, kernel.prefix());
    Ok(command)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root().join("root-task")
}

/// Where Cargo leaves the program of a component.
pub(crate) fn program(workspace: &Workspace, component: &str) -> PathBuf {
    programs(workspace, Profile::Release).join(component)
}

/// Where Cargo leaves the programs.
fn programs(workspace: &Workspace, profile: Profile) -> PathBuf {
    let target = workspace.root_task_target().join(TARGET);
    target.join(profile.name())
}
