// SPDX-License-Identifier: BSD-2-Clause

//! The caller's disk.

use core::task::{Context, Poll, ready};

use hadris_io::{Error, ErrorType};
use hadris_storage::async_::BlockDevice;
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

    /// Reads consecutive blocks, from `first` on, some of those that `buffer` holds: a whole number, all of them within
    /// the disk. Returns the number of bytes. After [`Poll::Pending`], it is called again whenever the caller polls.
    ///
    /// # Errors
    ///
    /// Fails if a block can't be read.
    fn read(&mut self, first: u64, buffer: &mut [u8]) -> Poll<Result<usize, DiskError>>;
}

/// A disk as the file system's library wants it.
#[derive(Debug)]
pub(crate) struct Device<D>(pub(crate) D);

impl<D> ErrorType for Device<D> {
    type Error = DiskError;
}

impl<D: Disk> BlockDevice for Device<D> {
    /// The number of bytes that were read.
    type State = usize;

    fn block_size(&self) -> BlockSize {
        const { BlockSize::new(BLOCK as u32).expect("not 0") }
    }

    fn block_count(&self) -> u64 {
        self.0.blocks()
    }

    // The library has checked the range.
    fn poll_read_blocks(
        &mut self,
        done: &mut usize,
        _: &mut Context<'_>,
        first: BlockIndex,
        buffer: &mut [u8],
    ) -> Poll<Result<(), Error<DiskError>>> {
        while let Some(rest @ [_, ..]) = buffer.get_mut(*done..) {
            let next = first.get() + (*done / BLOCK) as u64;
            let read = ready!(self.0.read(next, rest));
            *done += read.map_err(|error| Error::device(error, "disk"))?;
        }
        Poll::Ready(Ok(()))
    }

    fn cancel(&mut self, _: &mut usize) {}
}
