// SPDX-License-Identifier: BSD-2-Clause

//! Running other programs, with errors that say which and why.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs `command`, which prints where this process prints.
///
/// # Errors
///
/// Fails where the program can't be started or doesn't succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let name = name_of(command);
    let status = command
        .status()
        .with_context(|| format!("failed to start `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed: {status}");
    }
    Ok(())
}

/// Runs `command` and returns what it prints on its standard output.
///
/// # Errors
///
/// Fails as [`run`] does; the error then holds what the program printed as its errors.
pub fn read(command: &mut Command) -> Result<String> {
    let name = name_of(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("failed to start `{name}`"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{name}` failed: {}: {}", output.status, errors.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{name}` printed no UTF-8"))
}

/// Whether `program` is there and says which version it is.
pub fn is_installed(program: impl AsRef<OsStr>) -> bool {
    read(Command::new(program).arg("--version")).is_ok()
}

fn name_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    name.to_string_lossy().into_owned()
}
