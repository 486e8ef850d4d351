// SPDX-License-Identifier: BSD-2-Clause

//! The formats of image files.
//!
//! In an ELF file, each segment lies where it is used. All other formats are a *package*
//! ([`kaal_payload::Package`]): it begins with the unpacker, which moves the rest of the package to
//! the same places.

pub(crate) mod branch;
pub(crate) mod cores;
pub(crate) mod device_tree;
pub(crate) mod digest;
pub(crate) mod efi;
pub(crate) mod executable;
mod file_map;
pub(crate) mod fit;
pub(crate) mod head;
pub(crate) mod loader_head;
pub(crate) mod measurement;
pub(crate) mod uimage;

use clap::ValueEnum;
use kaal_payload::{HEADER_ALIGNMENT, PAGE_SIZE, PhysAddr};
use serde::Serialize;

pub use file_map::{FileMap, FileMapEntry};

use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Alignment in bytes of an arm64 Linux Image (Linux, `Documentation/arch/arm64/booting.rst`).
pub(crate) const IMAGE_ALIGNMENT: u64 = 2 << 20;

/// Alignment in bytes of stored content, so that checksums work on whole words.
pub(crate) const STORED_ALIGNMENT: usize = 8;

/// The format of an image file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Format {
    /// An ELF file, for QEMU and U-Boot's bootelf; nothing is copied
    #[default]
    Elf,
    /// A file that begins with its first instruction, for U-Boot's go and for flash
    Raw,
    /// A U-Boot image, for bootm
    Uimage,
    /// An arm64 Linux Image, for QEMU, U-Boot's booti and the Raspberry Pi's firmware
    Image,
    /// A UEFI application, for UEFI firmware and U-Boot's bootefi
    Efi,
    /// A FIT image with the device tree, for U-Boot's bootm
    Fit,
}

/// The compression of a package's content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// No compression
    #[default]
    None,
    /// LZ4 blocks, for content that gets smaller
    Lz4,
}

impl Format {
    /// The value of `--format`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Elf => "elf",
            Self::Raw => "raw",
            Self::Uimage => "uimage",
            Self::Image => "image",
            Self::Efi => "efi",
            Self::Fit => "fit",
        }
    }

    pub(crate) fn origin(self) -> Origin<'static> {
        Origin::new(Flag::Format, self.name())
    }

    /// Alignment in bytes of the load address for this format.
    pub(crate) fn alignment(self) -> u64 {
        match self {
            Self::Elf | Self::Raw | Self::Efi => PAGE_SIZE,
            Self::Uimage | Self::Image | Self::Fit => IMAGE_ALIGNMENT,
        }
    }

    /// Alignment in bytes of a package's end. The firmware doesn't load padding behind a section of a UEFI application,
    /// so nobody could verify it: it is part of the package.
    pub(crate) fn end_alignment(self) -> usize {
        match self {
            Self::Efi => efi::FILE_ALIGNMENT,
            _ => HEADER_ALIGNMENT as usize,
        }
    }
}

/// The image can't run at `address`.
pub(crate) fn not_runnable_at(address: PhysAddr) -> Diagnostic {
    Origin::new(Flag::LoadAddress, &address.to_string())
        .diagnostic("the image can't run at this address")
}
