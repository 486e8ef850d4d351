// SPDX-License-Identifier: BSD-2-Clause

//! The blocks of the disk. Its driver is opened again after each restart.

use core::cell::Cell;
use core::task::Poll;

use kaal_component::{CHANNEL_ENDED, Disk};
use kaal_disk::DiskError;
use kaal_web::FileError;

/// The disk, as long as it has the same number of blocks.
pub(crate) struct Blocks<'a> {
    /// `None` if its driver is gone.
    disk: Option<Disk>,
    count: u64,
    /// The events of the component that were not looked at yet.
    events: &'a Cell<u64>,
    /// Whether the disk is busy until its next event.
    is_busy: bool,
}

impl<'a> Blocks<'a> {
    pub(crate) fn open(events: &'a Cell<u64>) -> Result<Self, FileError> {
        // The driver says why if there is no disk.
        let disk = Disk::open().map_err(|_| FileError::NotFound)?;
        Ok(Self {
            count: disk.blocks(),
            disk: Some(disk),
            events,
            is_busy: false,
        })
    }

    /// Looks at the events. A call to a driver that is gone could wait for its restart.
    fn look(&mut self) {
        let events = self.events.take();
        let event = self.disk.as_ref().map_or(0, Disk::event);
        if events & event == 0 {
            return;
        }
        self.is_busy = false;
        if events & CHANNEL_ENDED != 0 {
            self.leave();
        }
    }

    /// Leaves the driver if it is gone.
    fn leave(&mut self) {
        if let Some(disk) = self.disk.take_if(|disk| !disk.is_open()) {
            // If the root task fails to free the memory, it stays until the end.
            let _ = disk.close();
        }
    }

    /// Opens the disk again.
    fn renew(&self) -> Result<Disk, DiskError> {
        let disk = Disk::open().map_err(|_| DiskError)?;
        if disk.blocks() == self.count {
            return Ok(disk);
        }
        let _ = disk.close();
        Err(DiskError)
    }
}

impl kaal_disk::Disk for Blocks<'_> {
    fn blocks(&self) -> u64 {
        self.count
    }

    fn read(&mut self, first: u64, buffer: &mut [u8]) -> Poll<Result<usize, DiskError>> {
        self.look();
        if self.is_busy {
            return Poll::Pending;
        }
        let mut disk = match self.disk.take() {
            Some(disk) => disk,
            None => self.renew()?,
        };
        let read = disk.read(first, buffer);
        self.disk = Some(disk);
        self.is_busy = read.is_pending();
        read.map_err(|_| {
            self.leave();
            DiskError
        })
    }
}
