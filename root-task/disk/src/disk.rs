// SPDX-License-Identifier: BSD-2-Clause

//! The caller's disk.

use hadris_io::{Error, ErrorKind, ErrorType};
use hadris_storage::sync::BlockDevice;
use hadris_storage::{BlockIndex, BlockSize};
use thiserror::Error;

/// The size of a block, in bytes.
pub const BLOCK: usize = 512;

/// The disk can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the disk can't be read")]
pub struct DiskError;

/// A disk, read in blocks.
pub trait Disk {
    /// Returns the number of blocks.
    fn blocks(&self) -> u64;

    /// Reads consecutive blocks, from `first` on, as many as `buffer` holds: a whole number, all of
    /// them within the disk.
    ///
    /// # Errors
    ///
    /// Fails if a block can't be read.
    fn read(&mut self, first: u64, buffer: &mut [u8]) -> Result<(), DiskError>;
}

/// A disk as the file system's library wants it.
#[derive(Debug)]
pub(crate) struct Device<D>(pub(crate) D);

impl<D> ErrorType for Device<D> {
    type Error = DiskError;
}

impl<D: Disk> BlockDevice for Device<D> {
    fn block_size(&self) -> BlockSize {
        const { BlockSize::new(BLOCK as u32).expect("not 0") }
    }

    fn block_count(&self) -> u64 {
        self.0.blocks()
    }

    fn read_blocks(&mut self, first: BlockIndex, buf: &mut [u8]) -> Result<(), Error<DiskError>> {
        let (blocks, rest) = (buf.len() / BLOCK, buf.len() % BLOCK);
        let end = first.get().checked_add(blocks as u64);
        if rest != 0 || end.is_none_or(|end| end > self.0.blocks()) {
            return Err(ErrorKind::Corrupt.into());
        }
        let read = self.0.read(first.get(), buf);
        read.map_err(|error| Error::device(error, "disk"))
    }
}
