// SPDX-License-Identifier: BSD-2-Clause

//! The files of a disk, on a real kernel.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Result, anyhow, ensure};
use kaal_harness::disk;
use kaal_harness::qemu::{Devices, Live, free_port};
use kaal_harness::sel4::{Kernel, READY};
use kaal_harness::workspace::Workspace;
use serde_json::Value;
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
    let (mut console, port) = boot_system(workspace, kernel, scratch.path(), disk)?;
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
    let (mut console, port) = boot_system(workspace, kernel, scratch.path(), disk)?;
    ensure!(retry(|| get(port, "/"))? == kaal_web::PAGE, "not the page");
    let (head, _) = retry(|| fetch(port, "/files/small"))?;
    ensure!(head.starts_with("HTTP/1.1 404 "), "{head}");
    console.wait_for("[files] no files: the disk has no FAT12", LIMIT)?;
    Ok(())
}

/// While the disk doesn't answer, the page is served, and a client that waits for a file gets an error in the end.
pub(super) fn may_be_late(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    /// One byte a second.
    const SILENT: &str = ",throttling.bps-read=1";
    let scratch = TempDir::new()?;
    make_disk(scratch.path())?;
    let app = workspace.root_task();
    let disk = scratch.path().join(DISK);
    let (_console, port) = boot(workspace, kernel, &app, scratch.path(), disk, SILENT)?;
    retry(|| get(port, "/"))?;
    let has_answer = AtomicBool::new(false);
    thread::scope(|scope| {
        let file = scope.spawn(|| {
            let file = fetch(port, "/files/small");
            has_answer.store(true, Ordering::Relaxed);
            file
        });
        let mut pages = 0;
        while !has_answer.load(Ordering::Relaxed) {
            get(port, "/")?;
            pages += 1;
        }
        let file = file.join().map_err(|_| anyhow!("the client failed"))?;
        ensure!(pages > 1, "{pages} pages while the disk was silent");
        is_refused(port, &file?.0)
    })
}

/// A worker that loops is ended, and the page is served. The worker's client gets an error.
pub(super) fn may_loop(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = TempDir::new()?;
    make_disk(scratch.path())?;
    let app = workspace.artifacts().join("root-task-passive.elf");
    let disk = scratch.path().join(DISK);
    let (mut console, port) = boot(workspace, kernel, &app, scratch.path(), disk, "")?;
    // It is restarted at once, then after a second, then later.
    for _ in 0..3 {
        let (head, _) = retry(|| fetch(port, "/files/small"))?;
        is_refused(port, &head)?;
    }
    let end = "looper: used up its budget of 10000 microseconds, and a client waits";
    console.wait_for(end, LIMIT).map(drop)
}

/// The client of a file got the answer `head`, and the page shows that.
fn is_refused(port: u16, head: &str) -> Result<()> {
    ensure!(head.starts_with("HTTP/1.1 500 "), "{head}");
    // The state follows after a moment.
    retry(|| {
        let system: Value = serde_json::from_str(&get(port, "/api/system.json")?)?;
        let failed = &system["web"]["failed"];
        ensure!(failed.as_u64() >= Some(1), "{failed} failed");
        Ok(())
    })
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
pub(super) fn boot_system(
    workspace: &Workspace,
    kernel: &Kernel,
    scratch: &Path,
    disk: PathBuf,
) -> Result<(Live, u16)> {
    boot(workspace, kernel, &workspace.root_task(), scratch, disk, "")
}

/// Boots the root task `app` with a disk, which QEMU gives these `limits`.
fn boot(
    workspace: &Workspace,
    kernel: &Kernel,
    app: &Path,
    scratch: &Path,
    disk: PathBuf,
    limits: &str,
) -> Result<(Live, u16)> {
    let image = scratch.join("bootimage.elf");
    let inputs = kernel.inputs(workspace, app);
    inputs.pack(workspace, &image)?;
    let mut command = inputs.boot(&kernel.machine()?, &image);
    let port = free_port(0)?;
    let devices = Devices {
        http: Some(port),
        disk: Some(disk),
        line: None,
    };
    let options = devices.options().into_iter();
    command
        .args(options.map(|option| option.replace("readonly=on", &format!("readonly=on{limits}"))));
    let mut console = Live::start(command)?;
    console.wait_for(READY, LIMIT)?;
    Ok((console, port))
}
