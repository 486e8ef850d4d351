// SPDX-License-Identifier: BSD-2-Clause

//! Makes disks with files: a FAT file system without partitions.
//!
//! Equal folders make equal disks, so the serial number is fixed, and files have no date.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Error, Result, ensure};
use fs_err::File;
use hadris_fat::embedded::sync::Fat;
use hadris_fat::embedded::{Dir, MountToken};
use hadris_fat::{FatOptions, VolumeLabel};
use hadris_fs::OpenOptions;
use hadris_storage::host::FileDevice;
use walkdir::{DirEntry, WalkDir};

/// The largest disk, in bytes.
const MOST: u64 = 1 << 30;

/// The size of the smallest disk, and what a file system needs besides files, in bytes.
const OVERHEAD: u64 = 1 << 20;

/// What a file takes besides its content: the rest of its last cluster, and its name.
const PER_FILE: u64 = 32 << 10;

/// The size of a sector.
const SECTOR: u64 = 512;

const SERIAL_NUMBER: u32 = 0x4b61_614c;
const LABEL: &str = "KAAL FILES";

/// Bytes that are copied at once.
const PART: usize = 1 << 20;

/// Checks that a disk can hold the files of `folder`, and that they can be read.
///
/// # Errors
///
/// Fails if not.
pub fn check(folder: &Path) -> Result<()> {
    let entries = entries(folder)?;
    let mut files = entries
        .iter()
        .filter(|(entry, _)| entry.file_type().is_file());
    files.try_for_each(|(entry, _)| Ok(File::open(entry.path()).map(drop)?))
}

/// Writes a disk with the files of `folder` to `file`.
///
/// # Errors
///
/// Fails if the folder can't be read, has too much for a disk, or names that no FAT file system can hold.
pub fn write(folder: &Path, file: &Path) -> Result<()> {
    let entries = entries(folder)?;
    let content: u64 = entries.iter().map(|(_, size)| size + PER_FILE).sum();
    // An entry of the two tables has at most 8 bytes for a cluster.
    let size = (OVERHEAD + content + content / 64).next_multiple_of(SECTOR);
    let disk = File::create(file)?;
    disk.set_len(size)?;
    let disk = File::options().read(true).write(true).open(file)?;
    let mut disk = FileDevice::new(disk.into_file())?;
    let options = FatOptions::new()
        .with_serial(SERIAL_NUMBER)
        .with_label(VolumeLabel::new(LABEL).map_err(broken)?)
        .with_root_entries(entries_at_top(&entries));
    hadris_fat::sync::format(&mut disk, &options).map_err(broken)?;
    let mut token = MountToken::new();
    let mut volume: Volume<'_> = Fat::mount(disk, &mut token).map_err(broken)?;
    for (entry, _) in &entries {
        let path = entry.path().strip_prefix(folder)?;
        copy(&mut volume, entry, path)
            .with_context(|| format!("{} can't be on the disk", path.display()))?;
    }
    volume.unmount().map(drop).map_err(broken)
}

/// A file system that is written, one file at a time.
type Volume<'a> = Fat<'a, FileDevice, 1>;

/// An error of the file system's library, which implements no standard trait.
fn broken(error: impl fmt::Display) -> Error {
    Error::msg(error.to_string())
}

/// All folders and files below `folder`, folders first, with the sizes of files.
fn entries(folder: &Path) -> Result<Vec<(DirEntry, u64)>> {
    let found = if folder.exists() { "a file" } else { "none" };
    ensure!(folder.is_dir(), "a folder expected, found {found}");
    let mut content: u64 = 0;
    // Files of one name could overwrite each other.
    let mut names = BTreeSet::new();
    let walk = WalkDir::new(folder).min_depth(1).follow_links(true);
    walk.sort_by_file_name()
        .into_iter()
        .map(|entry| {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path().display();
            let kind = entry.file_type();
            ensure!(
                kind.is_dir() || kind.is_file(),
                "{path}: a file or folder expected"
            );
            ensure!(
                names.insert(path.to_string().to_lowercase()),
                "{path}: another file's name differs only in upper and lower case, which FAT takes for the same"
            );
            let size = if kind.is_file() { entry.metadata()?.len() } else { 0 };
            content = content.saturating_add(size).saturating_add(PER_FILE);
            ensure!(
                content <= MOST,
                "files of at most {} MiB expected, found more: choose a folder with fewer files",
                MOST >> 20
            );
            Ok((entry, size))
        })
        .collect()
}

/// `error` with the path and the reason once.
fn unreadable(error: walkdir::Error) -> Error {
    let path = error.path().map(Path::to_owned).unwrap_or_default();
    match error.into_io_error() {
        Some(reason) => Error::new(reason).context(format!("failed to read {}", path.display())),
        None => Error::msg(format!("{}: a link to a folder around it", path.display())),
    }
}

/// The number of directory entries for what lies directly in the folder. FAT12 and FAT16 have room for a fixed number of
/// them. A name takes one, and one more for each 13 characters.
fn entries_at_top(entries: &[(DirEntry, u64)]) -> u16 {
    let label = 1;
    let at_top = entries.iter().filter(|(entry, _)| entry.depth() == 1);
    let needed: usize = at_top
        .map(|(entry, _)| 1 + entry.file_name().len().div_ceil(13))
        .sum();
    let needed = (label + needed).next_multiple_of(16).max(512);
    u16::try_from(needed).unwrap_or(u16::MAX - 15)
}

/// Copies a folder without its content, or a file, to `path` of the disk.
fn copy(volume: &mut Volume<'_>, entry: &DirEntry, path: &Path) -> Result<()> {
    let path = path.to_str().context("its name is not UTF-8")?;
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut folder: Dir = volume.root();
    for name in folders.split_terminator('/') {
        folder = volume.open_dir(folder, name).map_err(broken)?;
    }
    if entry.file_type().is_dir() {
        return volume.create_dir(folder, name).map(drop).map_err(broken);
    }
    let mut source = File::open(entry.path())?;
    let create = OpenOptions::new().write().create_new();
    let file = volume.open(folder, name, create).map_err(broken)?;
    let mut buffer = vec![0; PART];
    loop {
        let count = source.read(&mut buffer)?;
        let mut rest = buffer.get(..count).unwrap_or_default();
        if rest.is_empty() {
            return volume.close(file).map_err(broken);
        }
        while !rest.is_empty() {
            let written = volume.write(&file, rest).map_err(broken)?;
            rest = rest.get(written..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use fatfs::{FileSystem, FsOptions};

    use super::write;

    /// The content of the file at `path` of the disk in `file`.
    fn read(file: &Path, path: &str) -> Vec<u8> {
        let disk = fs::File::options().read(true).write(true).open(file);
        let volume = FileSystem::new(disk.unwrap(), FsOptions::new()).unwrap();
        let mut content = Vec::new();
        let mut found = volume.root_dir().open_file(path).unwrap();
        found.read_to_end(&mut content).unwrap();
        content
    }

    #[test]
    fn the_disk_has_the_files_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let files = folder.path().join("files");
        fs::create_dir_all(files.join("a folder/another")).unwrap();
        let large: Vec<u8> = (0..9_000_000_u32).map(|at| (at % 251) as u8).collect();
        fs::write(files.join("a folder/another/large.bin"), &large).unwrap();
        fs::write(files.join("empty"), "").unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        write(&files, &one).unwrap();
        assert!(read(&one, "a folder/another/large.bin") == large);
        assert!(read(&one, "empty").is_empty());
        write(&files, &other).unwrap();
        assert!(fs::read(one).unwrap() == fs::read(other).unwrap());
    }

    #[test]
    fn small_files_fit() {
        let folder = tempfile::tempdir().unwrap();
        let files = folder.path().join("files");
        fs::create_dir(&files).unwrap();
        let name = |number| format!("{number} of many files with names of fifty characters");
        for number in 0..120 {
            fs::write(files.join(name(number)), "content").unwrap();
        }
        let disk = folder.path().join("disk");
        write(&files, &disk).unwrap();
        assert_eq!(read(&disk, &name(119)), b"content");
    }

    #[test]
    fn folders_that_no_disk_can_hold_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().join("disk");
        let refused = |files: &Path| format!("{:#}", write(files, &disk).unwrap_err());
        assert_eq!(
            refused(&folder.path().join("none")),
            "a folder expected, found none"
        );
        let files = folder.path().join("files");
        fs::create_dir(&files).unwrap();
        fs::write(files.join("a:b"), "").unwrap();
        assert!(refused(&files).starts_with("a:b can't be on the disk: "));
        fs::rename(files.join("a:b"), files.join("ab")).unwrap();
        fs::write(files.join("AB"), "").unwrap();
        assert!(refused(&files).contains("upper and lower case"));
        fs::remove_file(files.join("AB")).unwrap();
        let link = files.join("link");
        for (to, reason) in [("none", "No such file"), ("..", "a folder around it")] {
            symlink(to, &link).unwrap();
            assert!(refused(&files).contains(reason));
            fs::remove_file(&link).unwrap();
        }
        let large = fs::File::create(files.join("large")).unwrap();
        large.set_len(2 << 30).unwrap();
        assert!(refused(&files).starts_with("files of at most 1024 MiB expected, found more"));
    }
}
