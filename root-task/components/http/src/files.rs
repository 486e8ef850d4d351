// SPDX-License-Identifier: BSD-2-Clause

//! The files of the disk, if the system has one. Its driver is opened again after each restart.

use core::fmt::Write;

use kaal_component::{Console, Disk, Failure};
use kaal_disk::{DiskError, FatFiles, MountToken};
use kaal_stack::CONNECTIONS;

/// Each connection can have a file open.
pub(crate) type Files<'m> = Option<FatFiles<'m, Blocks, CONNECTIONS>>;

/// Opens the disk. Says so if it can't be read.
pub(crate) fn open(token: &mut MountToken) -> Result<Files<'_>, Failure> {
    // The driver says why if there is none.
    let Ok(disk) = Disk::open() else {
        return Ok(None);
    };
    match FatFiles::new(Blocks::new(disk), token) {
        Ok(files) => Ok(Some(files)),
        Err(error) => {
            writeln!(Console::open()?, "no files: {error}")?;
            Ok(None)
        }
    }
}

/// The blocks of the disk.
pub(crate) struct Blocks {
    disk: Option<Disk>,
    count: u64,
}

impl Blocks {
    fn new(disk: Disk) -> Self {
        Self {
            count: disk.blocks(),
            disk: Some(disk),
        }
    }

    fn try_read(&mut self, first: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        let disk = self.disk.as_mut().ok_or(DiskError)?;
        disk.read(first, buffer).map_err(|_| DiskError)
    }

    /// Opens the disk again if its driver has restarted.
    fn renew(&mut self) -> Result<(), DiskError> {
        if self.disk.as_ref().is_some_and(Disk::is_open) {
            return Err(DiskError);
        }
        if let Some(disk) = self.disk.take() {
            disk.close().map_err(|_| DiskError)?;
        }
        let disk = Disk::open().map_err(|_| DiskError)?;
        if disk.blocks() != self.count {
            disk.close().map_err(|_| DiskError)?;
            return Err(DiskError);
        }
        self.disk = Some(disk);
        Ok(())
    }
}

impl kaal_disk::Disk for Blocks {
    fn blocks(&self) -> u64 {
        self.count
    }

    fn read(&mut self, first: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        self.try_read(first, buffer).or_else(|_| {
            self.renew()?;
            self.try_read(first, buffer)
        })
    }
}
