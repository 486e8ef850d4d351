// SPDX-License-Identifier: BSD-2-Clause

//! The formats that an image's file may have.
//!
//! In an ELF file, everything lies where it is used. All other formats are a *package*: the unpacker,
//! which is entered at the file's first byte, and what it puts to where the ELF file would have it
//! ([`kaal_payload::Package`]).

pub(crate) mod branch;
pub(crate) mod digest;
pub(crate) mod executable;
mod file_map;
pub(crate) mod head;
pub(crate) mod loader_head;
pub(crate) mod measurement;
pub(crate) mod uimage;

use clap::ValueEnum;
use kaal_payload::{PAGE_SIZE, PhysAddr};

pub use file_map::{FileMap, FileMapEntry};

use crate::diagnostic::{Diagnostic, Flag, Origin};

/// The alignment in bytes that the arm64 Linux Image asks for
/// (Linux, `Documentation/arch/arm64/booting.rst`).
pub(crate) const IMAGE_ALIGNMENT: u64 = 2 << 20;

/// Alignment in bytes of what a package stores, so that checksums are computed by the word.
pub(crate) const STORED_ALIGNMENT: usize = 8;

/// The format of an image's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Format {
    /// An ELF file, for QEMU and U-Boot's bootelf: nothing is copied
    #[default]
    Elf,
    /// What begins with its first instruction, for U-Boot's go, and for flash
    Raw,
    /// A U-Boot image, for bootm
    Uimage,
    /// An arm64 Linux Image, for QEMU, U-Boot's booti and the Raspberry Pi's firmware
    Image,
}

/// How a package stores content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Compression {
    /// As it is
    #[default]
    None,
    /// In LZ4 blocks, where that makes it smaller
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
        }
    }

    pub(crate) fn origin(self) -> Origin<'static> {
        Origin::new(Flag::Format, self.name())
    }

    /// Alignment in bytes of the address that a file of this format is loaded to.
    pub(crate) fn alignment(self) -> u64 {
        match self {
            Self::Elf | Self::Raw => PAGE_SIZE,
            Self::Uimage | Self::Image => IMAGE_ALIGNMENT,
        }
    }
}

impl Compression {
    /// The value of `--compress`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
        }
    }
}

/// Begins to say why an image can't run at `address`.
pub(crate) fn not_runnable_at(address: PhysAddr) -> Diagnostic {
    Origin::new(Flag::LoadAddress, &address.to_string()).diagnostic("the image can't run there")
}
