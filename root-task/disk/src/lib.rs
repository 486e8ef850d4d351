// SPDX-License-Identifier: BSD-2-Clause

//! Reads files of a FAT disk, for the web server.
//!
//! The caller reads blocks; this crate finds files in them. A disk may hold anything: damaged and
//! hostile ones cause errors only. File contents go from the disk to memory that is shared with the
//! client, in runs of consecutive blocks.
//!
//! Nothing here waits. While the disk is busy, the search for a file, or a read, stops where it is,
//! and goes on when the caller polls [`work()`].
//!
//! Each module imports only modules listed below it:
//!
//! - `work`: opens and reads the files that clients want
//! - `desk`: what clients want, and what they get
//! - `fat`: files of a FAT disk
//! - `disk`: the caller's disk
//! - `runs`: file contents in shared memory

#![no_std]
#![forbid(unsafe_code)]

mod desk;
mod disk;
mod fat;
mod runs;
mod work;

pub use desk::Desk;
pub use disk::{BLOCK, Disk, DiskError};
pub use fat::FatFiles;
pub use hadris_fat::embedded::{File, MountToken};
pub use runs::{FILES, RUN, RUNS, read, write};
pub use work::work;
