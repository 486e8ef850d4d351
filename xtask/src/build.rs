// SPDX-License-Identifier: BSD-2-Clause

//! Builds the programs and packs the default image.

use std::env;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use fs_err as fs;
use kaal_harness::image::Inputs;
use kaal_harness::process;
use kaal_harness::qemu::{Machine, Version};
use kaal_harness::workspace::{Program, Workspace};

use crate::progress;
use crate::setup::{self, Nightly, TARGET};

/// Builds everything in `target/kaal` and `target/release`.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let qemu = setup::qemu(workspace)?;
    programs(workspace)?;
    counter(workspace, qemu)?;
    default_image(workspace)?;
    println!("built {}", workspace.artifacts().display());
    Ok(())
}

/// Builds the image builder and the programs for the target.
pub(crate) fn programs(workspace: &Workspace) -> Result<()> {
    builder(workspace)?;
    for_target(workspace)
}

/// Builds the image builder.
pub(crate) fn builder(workspace: &Workspace) -> Result<()> {
    let mut builder = nightly_cargo(workspace)?;
    process::run(builder.args(["build", "--release", "--package", Workspace::BUILDER]))
}

/// Builds the programs for the target.
pub(crate) fn for_target(workspace: &Workspace) -> Result<()> {
    let mut command = nightly_cargo(workspace)?;
    command
        .args(["build", "--profile", "boot"])
        .args(target_flags()?);
    for program in Program::ALL {
        command.args(["--package", program.package()]);
        command.args(["--bin", program.binary()]);
    }
    process::run(&mut command)?;

    let built = workspace.target().join(TARGET).join("boot");
    fs::create_dir_all(workspace.artifacts())?;
    for program in Program::ALL {
        update(&built.join(program.binary()), &workspace.program(program))?;
    }
    Ok(())
}

/// Builds the plugin that counts what a boot costs, for the QEMU of this release.
pub(crate) fn counter(workspace: &Workspace, qemu: Version) -> Result<()> {
    /// The first release that refuses plugins for the first version of their interface.
    const SECOND_INTERFACE: Version = Version { major: 9, minor: 0 };

    let mut command = nightly_cargo(workspace)?;
    command.args(["rustc", "--release", "--package", "kaal-counter"]);
    command.args(["--lib", "--crate-type", "cdylib"]);
    if qemu >= SECOND_INTERFACE {
        command.args(["--features", "second-interface"]);
    }
    if cfg!(target_os = "macos") {
        // QEMU has the functions that it calls.
        command.args(["--", "-Clink-arg=-undefined", "-Clink-arg=dynamic_lookup"]);
    }
    process::run(&mut command)?;
    let name = format!("{DLL_PREFIX}kaal_counter{DLL_SUFFIX}");
    let built = workspace.target().join("release").join(name);
    update(&built, &workspace.counter())
}

/// Copies `from` to `to` unless the contents are equal: another process may be reading `to`.
pub(crate) fn update(from: &Path, to: &Path) -> Result<()> {
    let new = fs::read(from)?;
    if !fs::read(to).is_ok_and(|old| old == new) {
        fs::write(to, new)?;
    }
    Ok(())
}

/// Packs the default image: the probe kernel for QEMU's virt machine.
fn default_image(workspace: &Workspace) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let machine = Machine::ordinary();
    let inputs = Inputs::probe(workspace, Program::Probe, &machine, scratch.path())?;
    inputs.pack(workspace, &workspace.default_image())?;
    Ok(())
}

/// The flags with which Cargo builds for the target.
pub(crate) fn target_flags() -> Result<Vec<&'static str>> {
    let core_library = setup::core_library(Nightly::provide()?)?;
    Ok([&["--target", TARGET], core_library.cargo_flags].concat())
}

/// The Cargo that started this program, with the output folder of `workspace`.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    in_workspace(Command::new(cargo), workspace)
}

/// Cargo with the nightly compiler. Neither panic messages nor debug information of its programs contain paths of this
/// machine.
pub(crate) fn nightly_cargo(workspace: &Workspace) -> Result<Command> {
    let mut command = in_workspace(Nightly::provide()?.cargo(), workspace);
    // The profile `boot` inherits what is set for `release`.
    command.envs([
        ("CARGO_UNSTABLE_TRIM_PATHS", "true"),
        ("CARGO_PROFILE_RELEASE_TRIM_PATHS", "all"),
        (
            "CARGO_TARGET_AARCH64_UNKNOWN_NONE_RUSTFLAGS",
            "-Zlocation-detail=none",
        ),
    ]);
    Ok(command)
}

fn in_workspace(mut command: Command, workspace: &Workspace) -> Command {
    command
        .current_dir(workspace.root())
        .env("CARGO_TARGET_DIR", workspace.target());
    progress::adapt(&mut command);
    command
}
