// SPDX-License-Identifier: BSD-2-Clause

//! What can be chosen of an image.

use kaal_payload::{Integrity, LogLevel, PhysAddr};

use super::Symbols;
use crate::format::{Compression, Format};

/// What can be chosen of an image.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The physical address that the kernel must be linked for, if that is to be checked.
    pub kernel_paddr: Option<PhysAddr>,
    /// The number of cores that the kernel waits for, if its configuration isn't given or that is to
    /// be checked.
    pub cores: Option<u32>,
    /// Offset in bytes of the root task from the kernel in physical memory, if it isn't free.
    pub app_offset: Option<u64>,
    /// The format of the image's file.
    pub format: Format,
    /// How it stores content.
    pub compression: Compression,
    /// The address that the file is loaded to, if it is known.
    pub load_address: Option<PhysAddr>,
    /// How much the loader says.
    pub log_level: LogLevel,
    /// What the loader verifies before it enters the kernel.
    pub integrity: Integrity,
    /// Whether it holds the names of addresses in kernel and loader, for reports of faults.
    pub symbols: Symbols,
    /// What `bootargs` of the device tree's `/chosen` is to say; `None` to leave it as it is.
    pub boot_arguments: Option<&'a str>,
    /// The image's version, below 2^53.
    pub image_version: u64,
    /// The least version that a loader for signed images boots, below 2^53.
    pub min_version: u64,
}

impl Default for Settings<'_> {
    /// What the command line does without options.
    fn default() -> Self {
        Self {
            kernel_paddr: None,
            cores: None,
            app_offset: None,
            format: Format::default(),
            compression: Compression::default(),
            load_address: None,
            log_level: LogLevel::Info,
            integrity: Integrity::Crc32c,
            symbols: Symbols::default(),
            boot_arguments: None,
            image_version: 0,
            min_version: 0,
        }
    }
}
