// SPDX-License-Identifier: BSD-2-Clause

//! Files of a FAT disk.

use hadris_fat::embedded::async_::Fat;
use hadris_fat::embedded::{File, MountToken, Options};
use hadris_fs::{ErrorKind, OpenOptions};
use kaal_web::FileError;

use crate::disk::{Device, Disk};

/// The files of a disk without partitions, of which at most `FILES` can be open.
#[derive(Debug)]
pub struct FatFiles<'m, D, const FILES: usize>(Fat<'m, Device<D>, FILES>);

impl<'m, D: Disk, const FILES: usize> FatFiles<'m, D, FILES> {
    /// Finds the file system. `token` stands for it as long as it is used.
    ///
    /// # Errors
    ///
    /// Fails with [`FileError::NotFound`] if there is none, or it lies beyond the disk.
    pub async fn mount(disk: D, token: &'m mut MountToken) -> Result<Self, FileError> {
        let options = Options::new().read_only();
        let fat = Fat::mount_with(Device(disk), token, options).await;
        fat.map(Self).map_err(|error| match error.kind() {
            ErrorKind::Io => FileError::Damaged,
            _ => FileError::NotFound,
        })
    }

    /// Opens a file. Returns it and its size in bytes.
    ///
    /// # Errors
    ///
    /// Fails if there is no such file, too many are open, or the disk can't be read.
    pub async fn open(&mut self, path: &str) -> Result<(File<'m>, u64), FileError> {
        let Self(fat) = self;
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut folder = fat.root();
        for name in folders.split_terminator('/') {
            let inner = fat.open_dir(folder, name).await;
            folder = inner.map_err(|error| reason(error.kind()))?;
        }
        let file = fat.open(folder, name, OpenOptions::new().read()).await;
        let file = file.map_err(|error| reason(error.kind()))?;
        match fat.stat(&file).await {
            Ok(about) => Ok((file, about.len())),
            Err(error) => {
                self.close(file).await;
                Err(reason(error.kind()))
            }
        }
    }

    /// Reads the next bytes, as many as `buffer` holds or the file has. Returns their number.
    ///
    /// # Errors
    ///
    /// Fails if the disk can't be read.
    pub async fn read(&mut self, file: &File<'m>, buffer: &mut [u8]) -> Result<usize, FileError> {
        let read = self.0.read(file, buffer).await;
        read.map_err(|error| reason(error.kind()))
    }

    /// Closes a file.
    pub async fn close(&mut self, file: File<'m>) {
        // Only written data could be lost.
        let _ = self.0.close(file).await;
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
