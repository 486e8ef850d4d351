// SPDX-License-Identifier: BSD-2-Clause

//! Provides programs that come neither with Rust nor with the checkout.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use kaal_harness::process;
use kaal_harness::qemu::Version;
use kaal_harness::tools::{Origin, Packages, QEMU, Relocation, Tool};
use kaal_harness::workspace::Workspace;

use super::apt::Apt;
use super::unpacked;
use crate::build::cargo;

/// The oldest tested release of QEMU.
const OLDEST_QEMU: Version = Version { major: 7, minor: 2 };

/// Finds a program, or adds it to Cargo's output folder. Installs nothing on the machine.
pub(crate) fn tool(workspace: &Workspace, tool: &Tool) -> Result<PathBuf> {
    if let Some(found) = tool.find() {
        return Ok(found);
    }
    let folder = workspace.tools();
    match &tool.origin {
        Origin::Distribution(packages) => match packages.relocation {
            Some(variables) if Apt::is_there() => unpack(&folder, tool, packages, variables)?,
            _ => bail!("{}: not found on PATH; {}", tool.name, tool.help()),
        },
        Origin::Crate { version, features } => compile(workspace, tool, version, *features)?,
    }
    tool.find()
        .with_context(|| format!("{}: does not run; {}", tool.name, tool.help()))
}

/// Finds a program that some tests need, or prints that they are skipped.
pub(crate) fn tool_for_tests(workspace: &Workspace, needed: &Tool) {
    if let Err(error) = tool(workspace, needed) {
        eprintln!("{error:#}\n{}: tests that need it are skipped", needed.name);
    }
}

/// Finds QEMU, or unpacks it.
pub(crate) fn qemu(workspace: &Workspace) -> Result<Version> {
    tool(workspace, &QEMU)?;
    let version = Version::query()?;
    ensure!(
        version >= OLDEST_QEMU,
        "{}: release {OLDEST_QEMU} or newer expected, {version} found; {}",
        QEMU.name,
        QEMU.help()
    );
    Ok(version)
}

fn unpack(folder: &Path, tool: &Tool, packages: &Packages, variables: Relocation) -> Result<()> {
    let Tool { name, .. } = tool;
    eprintln!(
        "{name}: not found on PATH, unpacking {} and its dependencies in {}; nothing is installed",
        packages.debian,
        folder.display()
    );
    unpacked::provide(folder, packages.debian, tool.file_names(), variables)
        .map_err(|error| anyhow!("{name}: failed to unpack it: {error:#}; {}", tool.help()))
}

fn compile(
    workspace: &Workspace,
    tool: &Tool,
    version: &str,
    features: Option<&str>,
) -> Result<()> {
    let Tool { name, .. } = tool;
    eprintln!("{name}: not found on PATH, compiling release {version}; this takes some minutes");
    let mut install = cargo(workspace);
    // Without a target folder, Cargo compiles in a temporary one, which it removes.
    install.env_remove("CARGO_TARGET_DIR");
    install.args("install --quiet --locked --root".split(' '));
    install
        .arg(workspace.tools())
        .args(["--version", version, name]);
    if let Some(features) = features {
        install.args(["--no-default-features", "--features", features]);
    }
    process::run(&mut install).with_context(|| format!("failed to install {name}; {}", tool.help()))
}
