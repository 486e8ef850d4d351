// SPDX-License-Identifier: BSD-2-Clause

//! The settings of an image.

use clap::ValueEnum;
use kaal_payload::{Integrity, LogLevel, PhysAddr};
use serde::Serialize;

use crate::format::{Compression, Format};

/// The settings of an image. The defaults are those of the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings<'a> {
    /// The physical address that the kernel must be linked for, to check it.
    pub kernel_paddr: Option<PhysAddr>,
    /// The number of cores that the kernel waits for. It must agree with the kernel's
    /// configuration, if that is given.
    pub cores: Option<u32>,
    /// Physical offset in bytes of the root task from the kernel; `None` lets the builder choose.
    pub app_offset: Option<u64>,
    /// The device tree that the kernel gets; `None` lets the builder choose.
    pub kernel_dtb: Option<KernelDtb>,
    /// The format of the file.
    pub format: Format,
    /// The compression of the file's content.
    pub compression: Compression,
    /// The address that the file is loaded to, if known.
    pub load_address: Option<PhysAddr>,
    /// The name of the key that a FIT image is to be signed with, by `mkimage`.
    pub fit_key_name: Option<&'a str>,
    /// How much the loader prints.
    pub log_level: LogLevel,
    /// What the loader verifies before it enters the kernel.
    pub integrity: Integrity,
    /// Whether the image holds function names of kernel and loader, for fault reports.
    pub symbols: Symbols,
    /// The value of `bootargs` in the device tree's `/chosen`; `None` keeps the present one.
    pub boot_arguments: Option<&'a str>,
    /// The version of the image, below 2^53.
    pub image_version: u64,
    /// The lowest version that a loader for signed images boots, below 2^53.
    pub min_version: u64,
}

/// The device tree that the kernel gets. The loader always uses the firmware's, if there is one, and facts from the one
/// in [`crate::Inputs::device_tree`] otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "lowercase")]
pub enum KernelDtb {
    /// Always the one in --dtb
    Embedded,
    /// The firmware's; without one, that in --dtb
    #[default]
    Firmware,
    /// None
    None,
}

impl KernelDtb {
    /// The default. Microkit leaves no room for a device tree.
    pub(crate) fn of_system(is_microkit: bool) -> Self {
        match is_microkit {
            true => Self::None,
            false => Self::Firmware,
        }
    }
}

/// Whether an image holds function names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "lowercase")]
pub enum Symbols {
    /// For debug kernels; without a configuration, for kernels with few symbols
    #[default]
    Auto,
    /// Always
    On,
    /// Never, for the smallest image
    Off,
}
