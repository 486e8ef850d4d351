// SPDX-License-Identifier: BSD-2-Clause

//! Asks the builder's `check` whether it accepts images.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// Exit statuses of `check`.
const ACCEPTED: i32 = 0;
const REFUSED: i32 = 1;

/// Whether `check` accepts the image in `file`, which must be signed with the key in `trust_key`. Writes the file
/// `place`.
pub(super) fn accepts(
    workspace: &Workspace,
    trust_key: &Path,
    place: &Path,
    file: &[u8],
) -> Result<bool> {
    fs::write(place, file).with_context(|| format!("failed to write {}", place.display()))?;
    let mut command = Command::new(workspace.builder());
    command.arg("check").arg(place);
    command.arg("--trust-key").arg(trust_key);
    let output = command.output().context("failed to start the builder")?;
    match output.status.code() {
        Some(ACCEPTED) => Ok(true),
        Some(REFUSED) => Ok(false),
        _ => bail!(
            "the builder's `check` ended with {}:\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}
