// SPDX-License-Identifier: BSD-2-Clause

//! The driver of a disk, on a real kernel.

use std::fs::{self, File};
use std::path::Path;

use anyhow::Result;
use kaal_harness::qemu::Devices;
use kaal_harness::sel4::{Kernel, READY};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::root_task::boot_with;
use crate::sel4::{is_for_board, kernel_trial};
use crate::{says, system_devices};

const BLOCK: u64 = 512;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // The list is for the virt machine.
    if is_for_board() {
        return Vec::new();
    }
    vec![
        kernel_trial(workspace, "root_task::reads_a_disk", reads),
        kernel_trial(workspace, "root_task::runs_without_a_disk", without),
    ]
}

/// A client reads what is on the disk, up to its end, and no other client reads it. A disk may end anywhere, also in
/// the middle of a file system.
fn reads(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let devices = system_devices::of(workspace, kernel, scratch.path())?;
    let short = scratch.path().join("short.img");
    let Some(whole) = &devices.disk else {
        return Ok(());
    };
    fs::copy(whole, &short)?;
    File::options()
        .write(true)
        .open(&short)?
        .set_len(1001 * BLOCK)?;
    for disk in [whole, &short] {
        let content = fs::read(disk)?;
        let console = boot(workspace, kernel, Some(disk), "a second client true")?;
        let blocks = content.len() as u64 / BLOCK;
        let hash = content.iter().fold(FNV_OFFSET, fnv);
        says(
            &console,
            &format!("[surveyor] {blocks} blocks with the hash {hash:#x}"),
        )?;
        says(
            &console,
            "[surveyor] refused: behind the end true, a second client true",
        )?;
    }
    Ok(())
}

/// Without a disk, the driver ends, and its client is refused.
fn without(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let console = boot(workspace, kernel, None, "surveyor: given up")?;
    says(&console, READY)?;
    says(&console, "[disk] the machine has no disk")
}

fn boot(
    workspace: &Workspace,
    kernel: &Kernel,
    disk: Option<&Path>,
    expected: &str,
) -> Result<String> {
    let app = workspace.artifacts().join("root-task-disk.elf");
    let devices = Devices {
        disk: disk.map(Path::to_owned),
        ..Devices::default()
    };
    boot_with(workspace, kernel, &app, &devices, expected, Vec::new())
}

/// The hash FNV-1a of no bytes.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of one more byte.
fn fnv(hash: u64, &byte: &u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
}
