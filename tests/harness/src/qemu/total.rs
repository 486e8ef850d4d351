// SPDX-License-Identifier: BSD-2-Clause

//! Counts the guest instructions of a run that a test talks to.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use fs_err as fs;

use super::Live;
use super::devices::value;

/// The number of instructions that all cores execute from the block at the virtual address `from`, such as an entry
/// point, until `talk` returns. `boot` is the command that boots an image, without options for the console. `plugin` is
/// the file of the package `kaal-counter`.
///
/// # Errors
///
/// Fails if QEMU can't load the plugin, and as `talk` does.
pub fn instructions_during(
    from: u64,
    plugin: &Path,
    mut boot: Command,
    talk: impl FnOnce(&mut Live) -> Result<()>,
) -> Result<u64> {
    let scratch = tempfile::tempdir()?;
    let total = scratch.path().join("total");
    let (plugin, file) = (value(plugin), value(&total));
    boot.args(["-accel", "tcg,thread=single"]);
    boot.args([
        "-plugin",
        &format!("file={plugin},from={from:#x},total={file}"),
    ]);
    let mut guest = Live::start(boot)?;
    talk(&mut guest)?;
    // QEMU writes the total when it ends.
    drop(guest);
    let total = fs::read_to_string(total).context("QEMU counted nothing")?;
    Ok(total.parse()?)
}
