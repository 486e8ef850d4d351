// SPDX-License-Identifier: BSD-2-Clause

//! The caller's files.

use core::task::Poll;

use thiserror::Error;

/// The reason why a file can't be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    /// There is no such file.
    #[error("no such file")]
    NotFound,
    /// Too many files are open.
    #[error("too many files are open")]
    Busy,
    /// The disk or its file system is damaged.
    #[error("the disk can't be read")]
    Damaged,
}

/// Files that are only read, without waiting for the disk. If the answer is [`Poll::Pending`], ask again when the disk
/// may have answered.
pub trait Files {
    /// A file from `open` on.
    type File;

    /// Begins to open a file. The path's names are separated by `/`; none of them is empty, `.` or `..`.
    ///
    /// # Errors
    ///
    /// Fails if no more files can be open, or none can be opened now.
    fn open(&mut self, path: &str) -> Result<Self::File, FileError>;

    /// Returns the file's size in bytes once it is open.
    ///
    /// # Errors
    ///
    /// Fails if there is no such file, or it can't be opened. Then only close it.
    fn size(&mut self, file: &mut Self::File) -> Poll<Result<u64, FileError>>;

    /// Reads the next bytes of an open file. Returns how many were read; 0 only at the end.
    ///
    /// # Errors
    ///
    /// Fails if the disk can't be read.
    fn read(&mut self, file: &mut Self::File, buffer: &mut [u8]) -> Poll<Result<usize, FileError>>;

    /// Closes a file, also one that isn't open yet.
    fn close(&mut self, file: Self::File);
}

/// For systems without a disk.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    type File = ();

    fn open(&mut self, _: &str) -> Result<(), FileError> {
        Err(FileError::NotFound)
    }

    fn size(&mut self, (): &mut ()) -> Poll<Result<u64, FileError>> {
        Poll::Ready(Err(FileError::NotFound))
    }

    fn read(&mut self, (): &mut (), _: &mut [u8]) -> Poll<Result<usize, FileError>> {
        Poll::Ready(Ok(0))
    }

    fn close(&mut self, (): ()) {}
}
