// SPDX-License-Identifier: BSD-2-Clause

//! Reads files of a FAT disk, for the web server.
//!
//! The caller reads blocks; this crate finds files in them. A disk may hold anything: damaged and
//! hostile ones cause errors only. File contents go from the disk to the server's room for bytes to
//! send, in runs of consecutive blocks, without a copy.
//!
//! Each module imports only modules listed below it:
//!
//! - `fat`: files of a FAT disk
//! - `disk`: the caller's disk

#![no_std]
#![forbid(unsafe_code)]

mod disk;
mod fat;

pub use disk::{BLOCK, Disk, DiskError};
pub use fat::{FatFiles, NotFat};
pub use hadris_fat::embedded::{File, MountToken};
