// SPDX-License-Identifier: BSD-2-Clause

//! The files of a disk, on a real kernel.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use kaal_harness::disk;
use kaal_harness::qemu::{Devices, Live, free_port};
use kaal_harness::sel4::{Kernel, READY};
use kaal_harness::workspace::Workspace;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::LIMIT;
use super::client::{fetch, get, retry};

/// A file and its size in bytes, on a disk with more of them.
const LARGE: &str = "a folder/A large file.bin";
const SIZE: usize = 8 << 20;

/// A file of the size 8 MiB comes with the right SHA-256, after the driver of the disk was restarted too. There are no
/// other files.
pub(super) fn are_served(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = TempDir::new()?;
    let content = make_disk(scratch.path())?;
    let disk = scratch.path().join(DISK);
    let (mut console, port) = boot(workspace, kernel, scratch.path(), disk)?;
    let path = format!("/files/{}", LARGE.replace(' ', "%20"));
    for _ in 0..2 {
        let (head, body) = retry(|| fetch(port, &path))?;
        ensure!(head.starts_with("HTTP/1.1 200 "), "{head}");
        ensure!(
            Sha256::digest(&body) == Sha256::digest(&content),
            "{} bytes with other content",
            body.len()
        );
        console.type_line("restart disk")?;
        console.wait_for("restarted disk", LIMIT)?;
    }
    let (head, _) = retry(|| fetch(port, "/files/a%20folder/none"))?;
    ensure!(head.starts_with("HTTP/1.1 404 "), "{head}");
    Ok(())
}

/// If the disk ends within its file system, the page is served all the same.
pub(super) fn may_be_missing(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = TempDir::new()?;
    make_disk(scratch.path())?;
    let disk = scratch.path().join(DISK);
    let file = File::options().write(true).open(&disk)?;
    file.set_len(SIZE as u64 / 2)?;
    let (mut console, port) = boot(workspace, kernel, scratch.path(), disk)?;
    console.wait_for("[http] no files: the disk has no FAT12", LIMIT)?;
    ensure!(retry(|| get(port, "/"))? == kaal_web::PAGE, "not the page");
    let (head, _) = retry(|| fetch(port, "/files/small"))?;
    ensure!(head.starts_with("HTTP/1.1 404 "), "{head}");
    Ok(())
}

const DISK: &str = "disk.img";

/// Makes a disk in `scratch`. Returns the content of the large file.
fn make_disk(scratch: &Path) -> Result<Vec<u8>> {
    let files = scratch.join("files");
    fs::create_dir_all(files.join("a folder"))?;
    let mut content = vec![0; SIZE];
    fastrand::Rng::with_seed(23).fill(&mut content);
    fs::write(files.join(LARGE), &content)?;
    fs::write(files.join("small"), "small")?;
    disk::write(&files, &scratch.join(DISK))?;
    Ok(content)
}

/// Boots the default system with a disk, and the image in `scratch`. Returns its console and the port of its page.
pub(super) fn boot(
    workspace: &Workspace,
    kernel: &Kernel,
    scratch: &Path,
    disk: PathBuf,
) -> Result<(Live, u16)> {
    let image = scratch.join("bootimage.elf");
    let inputs = kernel.inputs(workspace, &workspace.root_task());
    inputs.pack(workspace, &image)?;
    let mut command = inputs.boot(&kernel.machine()?, &image);
    let port = free_port(0)?;
    let devices = Devices {
        http: Some(port),
        disk: Some(disk),
        line: None,
    };
    command.args(devices.options());
    let mut console = Live::start(command)?;
    console.wait_for(READY, LIMIT)?;
    Ok((console, port))
}
