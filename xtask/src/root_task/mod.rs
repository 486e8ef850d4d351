// SPDX-License-Identifier: BSD-2-Clause

//! Builds the root task and its components for a kernel.

mod package;
mod project;
mod selection;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use fs_err as fs;
use kaal_harness::process;
use kaal_harness::sel4::{self, Kernel};
use kaal_harness::workspace::Workspace;
use kaal_manifest::Purpose;

use crate::build::{nightly_cargo, target_flags};
use crate::progress;
use crate::setup::TARGET;

pub(crate) use package::Package;
pub(crate) use selection::Selection;

/// The root task's workspace.
const FOLDER: &str = "root-task";

const PACKAGE: &str = "kaal-root-task";

/// The folder with a folder for each component's package.
const COMPONENTS_FOLDER: &str = "root-task/components";

/// The variable that names the folder of the components' programs to the root task's build script.
const COMPONENTS: &str = "KAAL_COMPONENTS";

/// The compiler's flags, in place of the loader's in `.cargo/config.toml`: the root task and its components run at the
/// addresses that they are linked for, and no page belongs to two segments.
const FLAGS: [&str; 5] = [
    "-Crelocation-model=static",
    "-Clink-arg=-zmax-page-size=4096",
    "-Clink-arg=-zseparate-loadable-segments",
    "-Clink-arg=-znorelro",
    "-Cforce-unwind-tables=no",
];

/// The Cargo profile for small and fast programs.
pub(crate) const RELEASE: &str = "release";

/// The Cargo profile that compiles quickly.
pub(crate) const WATCH: &str = "watch";

/// Builds the root task for the kernel of `SEL4_PREFIX`.
pub(crate) fn run(workspace: &Workspace, selection: &Selection) -> Result<()> {
    let kernel = Kernel::from_environment()?.context(
        "SEL4_PREFIX is not set: the root task is built for one kernel; set it to a kernel's prefix",
    )?;
    let root_task = build(workspace, &kernel, RELEASE, selection)?;
    println!("built {}", root_task.display());
    Ok(())
}

/// Builds the root task for `kernel`, and returns its path.
pub(crate) fn build(
    workspace: &Workspace,
    kernel: &Kernel,
    profile: &str,
    selection: &Selection,
) -> Result<PathBuf> {
    // The build script makes the same checks. Its errors come amid Cargo's messages.
    let list = selection.read(workspace, kernel)?;
    let target = target_flags()?;
    let built = programs(workspace, profile);
    if let Some(reason) = reason_to_wait(profile, &built) {
        progress::step(reason);
    }
    let cargo = || {
        let mut command = command(workspace, kernel)?;
        // Without `--locked`: Cargo.lock may lack a new component.
        command
            .arg("build")
            .args(package::profile(profile))
            .args(&target);
        Ok(command)
    };
    let programs = selection.programs(workspace, profile);
    match selection.project(workspace)? {
        Some(project) => project.build(&list, workspace, profile, cargo, &programs)?,
        None => process::run(cargo()?.args(["--workspace", "--exclude", PACKAGE]))?,
    }
    for component in &list.components {
        list.program(component, &list.load(component, &programs)?)?;
    }
    let mut command = cargo()?;
    command.args(["--package", PACKAGE]);
    if selection.purpose() == Purpose::Development {
        command.args(["--features", "development"]);
    }
    command.env(COMPONENTS, &programs);
    selection.choose(&mut command)?;
    process::run(&mut command)?;
    let root_task = selection.output(workspace);
    fs::create_dir_all(workspace.artifacts())?;
    fs::copy(built.join(PACKAGE), &root_task)?;
    Ok(root_task)
}

/// The names of KaaL's components.
fn components(workspace: &Workspace) -> Result<Vec<String>> {
    let entries = fs::read_dir(workspace.root().join(COMPONENTS_FOLDER))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect()
}

/// Why the build takes longer than the last one with another profile, if it does.
fn reason_to_wait(profile: &str, programs: &Path) -> Option<&'static str> {
    (profile == WATCH && !programs.exists()).then_some(
        "building the root task for the first time in Cargo's profile `watch`, which compiles changes faster",
    )
}

/// The command that lints the root task, for development or not, and its components, which must have been built.
pub(crate) fn lints(
    workspace: &Workspace,
    kernel: &Kernel,
    is_for_development: bool,
) -> Result<Command> {
    let mut command = command(workspace, kernel)?;
    command.args(["clippy", "--release", "--locked", "--workspace"]);
    if is_for_development {
        command.args(["--features", "kaal-root-task/development"]);
    }
    command.args(target_flags()?).args(["--", "-Dwarnings"]);
    command.env(COMPONENTS, programs(workspace, RELEASE));
    Ok(command)
}

/// The command that documents the library for components.
pub(crate) fn documentation(workspace: &Workspace, kernel: &Kernel) -> Result<Command> {
    let mut command = command(workspace, kernel)?;
    command.args(["doc", "--no-deps", "--package", "kaal-component"]);
    command.args(target_flags()?);
    Ok(command)
}

/// The command that compiles the examples in the documentation of the components' libraries.
pub(crate) fn examples(workspace: &Workspace, kernel: &Kernel) -> Result<Command> {
    let mut command = command(workspace, kernel)?;
    command.args([
        "test",
        "--doc",
        "--release",
        "--locked",
        "--package",
        "kaal-component",
        "--package",
        "kaal-heap",
    ]);
    command.args(target_flags()?);
    Ok(command)
}

/// Cargo, in the root task's workspace.
fn command(workspace: &Workspace, kernel: &Kernel) -> Result<Command> {
    let mut command = nightly_cargo(workspace)?;
    command
        .current_dir(workspace.root().join(FOLDER))
        .env("CARGO_TARGET_DIR", workspace.root_task_target())
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"))
        .env(sel4::PREFIX, kernel.prefix());
    Ok(command)
}

/// The program that Cargo builds from a component.
pub(crate) fn program(workspace: &Workspace, component: &str) -> PathBuf {
    programs(workspace, RELEASE).join(component)
}

/// The folder in which Cargo leaves KaaL's programs.
pub(crate) fn programs(workspace: &Workspace, profile: &str) -> PathBuf {
    workspace.root_task_target().join(TARGET).join(profile)
}

#[cfg(test)]
mod tests {
    use super::{RELEASE, WATCH, reason_to_wait};

    #[test]
    fn the_first_build_of_watch_is_announced() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path();
        assert!(reason_to_wait(WATCH, &built.join("watch")).is_some());
        assert!(reason_to_wait(WATCH, built).is_none());
        assert!(reason_to_wait(RELEASE, &built.join("release")).is_none());
    }
}
