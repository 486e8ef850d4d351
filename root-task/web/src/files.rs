// SPDX-License-Identifier: BSD-2-Clause

//! The caller's files.

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

/// Files that are only read.
pub trait Files {
    /// An open file.
    type File;

    /// Opens a file. The path's names are separated by `/`; none of them is empty, `.` or `..`.
    /// Returns the file and its size in bytes.
    ///
    /// # Errors
    ///
    /// Fails if there is no such file, or it can't be opened now.
    fn open(&mut self, path: &str) -> Result<(Self::File, u64), FileError>;

    /// Reads the next bytes. Returns how many were read; 0 only at the end.
    ///
    /// # Errors
    ///
    /// Fails if the disk can't be read.
    fn read(&mut self, file: &mut Self::File, buffer: &mut [u8]) -> Result<usize, FileError>;

    /// Closes a file.
    fn close(&mut self, file: Self::File);
}

/// For systems without a disk.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    type File = ();

    fn open(&mut self, _: &str) -> Result<((), u64), FileError> {
        Err(FileError::NotFound)
    }

    fn read(&mut self, (): &mut (), _: &mut [u8]) -> Result<usize, FileError> {
        Ok(0)
    }

    fn close(&mut self, (): ()) {}
}

/// For systems that may have a disk.
impl<F: Files> Files for Option<F> {
    type File = F::File;

    fn open(&mut self, path: &str) -> Result<(F::File, u64), FileError> {
        let files = self.as_mut().ok_or(FileError::NotFound)?;
        files.open(path)
    }

    fn read(&mut self, file: &mut F::File, buffer: &mut [u8]) -> Result<usize, FileError> {
        let files = self.as_mut().ok_or(FileError::Damaged)?;
        files.read(file, buffer)
    }

    fn close(&mut self, file: F::File) {
        if let Some(files) = self {
            files.close(file);
        }
    }
}
