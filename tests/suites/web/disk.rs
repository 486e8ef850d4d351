// SPDX-License-Identifier: BSD-2-Clause

//! Disks that other programs make.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::pin::pin;
use std::process::Command;
use std::task::{Context as Polling, Poll, Waker};

use anyhow::{Context, Result, bail, ensure};
use kaal_disk::{Disk, DiskError, FatFiles, MountToken};
use kaal_harness::tools::{MKFS_FAT, MTOOLS};
use kaal_harness::{disk, process};
use kaal_web::FileError;
use tempfile::TempDir;

struct Image(File);

impl Disk for Image {
    fn blocks(&self) -> u64 {
        self.0.metadata().map_or(0, |about| about.len() / 512)
    }

    fn read(&mut self, first: u64, buffer: &mut [u8]) -> Poll<Result<usize, DiskError>> {
        let read = self.0.read_exact_at(buffer, first * 512);
        Poll::Ready(read.map(|()| buffer.len()).map_err(|_| DiskError))
    }
}

/// The outcome of a future that needs no second poll.
fn now<T>(future: impl Future<Output = Result<T, FileError>>) -> Result<T> {
    let mut context = Polling::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(outcome) => Ok(outcome?),
        Poll::Pending => bail!("the file is there, but the reader waits"),
    }
}

/// Files that mtools copies to a disk of mkfs.fat come back the same.
pub(crate) fn disks_of_mkfs_are_read() -> Result<()> {
    let folder = TempDir::new()?;
    let content: Vec<u8> = (0..1_000_003_u32).map(|at| (at * 7 % 251) as u8).collect();
    let file = folder.path().join("A file with a long name.bin");
    fs::write(&file, &content)?;
    for (bits, mib) in [("12", 4), ("16", 32), ("32", 64)] {
        let image = folder.path().join(format!("fat{bits}.img"));
        File::create(&image)?.set_len(mib << 20)?;
        run(MKFS_FAT.find(), &["-F", bits], &[&image])?;
        run(MTOOLS.find(), &["-i"], &[&image, &file, Path::new("::")])?;
        let mut token = MountToken::new();
        let files = FatFiles::mount(Image(File::open(&image)?), &mut token);
        let mut files: FatFiles<'_, _, 1> = now(files)?;
        let (open, size) = now(files.open("A file with a long name.bin"))?;
        ensure!(size == content.len() as u64, "FAT{bits}: {size} bytes");
        let mut read = vec![0; content.len() + 1];
        let count = now(files.read(&open, &mut read))?;
        ensure!(
            read.get(..count) == Some(&content[..]),
            "FAT{bits}: other content"
        );
    }
    Ok(())
}

/// Files that the harness puts on a disk, in folders too, come back the same.
pub(crate) fn disks_of_the_harness_are_read() -> Result<()> {
    let folder = TempDir::new()?;
    let files = folder.path().join("files");
    fs::create_dir_all(files.join("a folder/another one"))?;
    let content: Vec<u8> = (0..9_000_001_u32).map(|at| (at * 7 % 251) as u8).collect();
    let paths = [
        "a folder/A large file.bin",
        "a folder/another one/x",
        "small",
    ];
    for path in paths {
        fs::write(files.join(path), &content)?;
    }
    let image = folder.path().join("disk.img");
    disk::write(&files, &image)?;
    let mut token = MountToken::new();
    let mut disk: FatFiles<'_, _, 3> =
        now(FatFiles::mount(Image(File::open(&image)?), &mut token))?;
    for path in paths {
        let (open, size) = now(disk.open(path)).with_context(|| path)?;
        ensure!(size == content.len() as u64, "{path}: {size} bytes");
        let mut read = vec![0; content.len()];
        let mut count = 0;
        while count < read.len() {
            let part = read.get_mut(count..).unwrap_or_default();
            let more = now(disk.read(&open, part));
            let more = more.with_context(|| format!("{path}: {count}"))?;
            ensure!(more > 0, "{path}: only {count} bytes");
            count += more;
        }
        ensure!(read == content, "{path}: other content");
    }
    Ok(())
}

fn run(program: Option<std::path::PathBuf>, options: &[&str], paths: &[&Path]) -> Result<()> {
    let mut command = Command::new(program.context("a program is missing")?);
    process::read(command.args(options).args(paths)).map(drop)
}
