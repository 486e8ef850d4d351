// SPDX-License-Identifier: BSD-2-Clause

//! The formats that an image's file may have.
//!
//! In an ELF file, everything lies where it is used. All other formats are a *package*: the unpacker,
//! which is entered at the file's first byte, and what it puts to where the ELF file would have it
//! ([`kaal_payload::Package`]).

pub(crate) mod branch;
mod content;
pub(crate) mod digest;
pub(crate) mod executable;
mod file_map;
pub(crate) mod head;
pub(crate) mod loader_head;
mod lz4;
pub(crate) mod measurement;
mod package;
pub(crate) mod uimage;
mod work;

use std::path::Path;

use clap::ValueEnum;
use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

pub(crate) use package::STORED_ALIGNMENT;

pub use file_map::{FileMap, Piece};

use crate::diagnostic::{Finding, Flag, Origin};
use crate::layout::plan::Plan;
use crate::memory::chunk::Chunk;
use crate::parts::Parts;

/// The alignment in bytes that the arm64 Linux Image asks for
/// (Linux, `Documentation/arch/arm64/booting.rst`).
pub(crate) const IMAGE_ALIGNMENT: u64 = 2 << 20;

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
        Origin {
            flag: Flag::Format,
            value: Path::new(self.name()),
        }
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

/// An image's file.
pub(crate) struct File {
    /// Its content.
    pub(crate) content: Vec<u8>,
    /// Where the unpacker works, if there is one.
    pub(crate) work: Vec<(&'static str, PhysRange)>,
    /// What lies where in a packed one.
    pub(crate) map: Option<FileMap>,
}

/// What may be wrong with a package of `parts`.
pub(crate) fn warnings(parts: &Parts<'_>) -> Vec<Finding> {
    let format = parts.settings.format;
    if format == Format::Elf || parts.device_tree.is_some() {
        return Vec::new();
    }
    let no_console = format
        .origin()
        .finding("the unpacker will not know the machine's console")
        .expected("a --dtb, even where the firmware brings its own")
        .found("none")
        .remedy("give one; without it the unpacker stops silently where it has to");
    vec![no_console]
}

/// Begins to say why an image can't run at `address`.
pub(crate) fn not_runnable_at(address: PhysAddr) -> Finding {
    Origin {
        flag: Flag::LoadAddress,
        value: Path::new(&address.to_string()),
    }
    .finding("the image can't run there")
}

/// The file of an image that is `chunks` in memory, and that is entered at `entry`.
pub(crate) fn write(
    parts: &Parts<'_>,
    plan: &Plan,
    entry: PhysAddr,
    chunks: &[Chunk<'_>],
) -> Result<File, Finding> {
    let settings = parts.settings;
    let Some(unpacker) = parts
        .unpacker
        .as_ref()
        .filter(|_| settings.format != Format::Elf)
    else {
        return Ok(File {
            content: executable::write(entry, chunks),
            work: Vec::new(),
            map: None,
        });
    };
    let package = package::Contents::new(parts, unpacker, entry, chunks);
    let work = work::place(parts, plan, &package)?;
    if let Some(address) = settings.load_address {
        check_ram(parts, address, package.size())?;
    }
    let content = package.write(work)?;
    Ok(File {
        content: match (settings.format, settings.load_address) {
            (Format::Uimage, Some(address)) => uimage::wrap(address, content)?,
            _ => content,
        },
        work: work::describe(work),
        map: Some(package.map()),
    })
}

/// Checks that a file of `size` bytes lies in RAM where it is loaded to.
fn check_ram(parts: &Parts<'_>, address: PhysAddr, size: u64) -> Result<(), Finding> {
    let usable = parts.memory.usable(parts.kernel.memory);
    let place = PhysRange::from_size(address, size);
    if place.is_some_and(|place| crate::memory::ranges::contains(&usable, place)) {
        return Ok(());
    }
    Err(not_runnable_at(address)
        .expected(format!("{size} bytes of RAM"))
        .found(format!("RAM {}", parts.memory))
        .remedy("give another address, or none where the firmware chooses it"))
}
