// SPDX-License-Identifier: BSD-2-Clause

//! Files of a FAT disk.

use hadris_fat::embedded::sync::Fat;
use hadris_fat::embedded::{File, MountToken, Options};
use hadris_fs::{ErrorKind, OpenOptions};
use kaal_web::{FileError, Files};
use thiserror::Error;

use crate::disk::{Device, Disk};

/// Error: the disk has no FAT file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the disk has no FAT12, FAT16 or FAT32 file system, or a damaged one")]
pub struct NotFat;

/// The files of a disk without partitions, of which at most `FILES` can be open.
#[derive(Debug)]
pub struct FatFiles<'m, D, const FILES: usize>(Fat<'m, Device<D>, FILES>);

impl<'m, D: Disk, const FILES: usize> FatFiles<'m, D, FILES> {
    /// Finds the file system. `token` stands for it as long as it is used.
    ///
    /// # Errors
    ///
    /// Fails if there is none, or it lies beyond the disk.
    pub fn new(disk: D, token: &'m mut MountToken) -> Result<Self, NotFat> {
        let options = Options::new().read_only();
        let fat = Fat::mount_with(Device(disk), token, options);
        fat.map(Self).map_err(|_| NotFat)
    }
}

impl<'m, D: Disk, const FILES: usize> Files for FatFiles<'m, D, FILES> {
    type File = File<'m>;

    fn open(&mut self, path: &str) -> Result<(File<'m>, u64), FileError> {
        let Self(fat) = self;
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut folder = fat.root();
        for name in folders.split_terminator('/') {
            folder = fat
                .open_dir(folder, name)
                .map_err(|error| reason(error.kind()))?;
        }
        let file = fat.open(folder, name, OpenOptions::new().read());
        let file = file.map_err(|error| reason(error.kind()))?;
        match fat.stat(&file) {
            Ok(about) => Ok((file, about.len())),
            Err(error) => {
                self.close(file);
                Err(reason(error.kind()))
            }
        }
    }

    fn read(&mut self, file: &mut File<'m>, buffer: &mut [u8]) -> Result<usize, FileError> {
        let read = self.0.read(file, buffer);
        read.map_err(|error| reason(error.kind()))
    }

    fn close(&mut self, file: File<'m>) {
        // Only written data could be lost.
        let _ = self.0.close(file);
    }
}

fn reason(kind: ErrorKind) -> FileError {
    match kind {
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::InvalidInput
        | ErrorKind::NameTooLong => FileError::NotFound,
        ErrorKind::LimitExceeded => FileError::Busy,
        _ => FileError::Damaged,
    }
}
