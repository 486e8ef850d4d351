// SPDX-License-Identifier: BSD-2-Clause

//! Writes the image's file: an ELF file or a package.

use kaal_payload::{PhysAddr, PhysRange};

use super::package;
use crate::diagnostic::Diagnostic;
use crate::format::{FileMap, Format, executable, not_runnable_at};
use crate::layout::plan::Plan;
use crate::memory::chunk::Chunk;
use crate::memory::ranges;
use crate::parts::Parts;

/// The file of an image.
pub(crate) struct ImageFile {
    /// Its content.
    pub(crate) content: Vec<u8>,
    /// The unpacker's working memory, by name; empty for an ELF file.
    pub(crate) scratch: Vec<(&'static str, PhysRange)>,
    /// The parts of a package; `None` for an ELF file.
    pub(crate) map: Option<FileMap>,
}

/// Returns the warning about a package without a device tree.
pub(crate) fn warnings(parts: &Parts<'_>) -> Vec<Diagnostic> {
    let format = parts.settings.format;
    if format == Format::Elf || parts.device_tree.is_some() {
        return Vec::new();
    }
    let no_console = format
        .origin()
        .diagnostic("the unpacker has no console")
        .expected("the option --dtb, even if the firmware brings a device tree")
        .found("none")
        .remedy("pass a device tree; without one, the unpacker prints no errors");
    vec![no_console]
}

/// Writes the file that makes the memory `chunks` and enters it at `entry`.
pub(super) fn write(
    parts: &Parts<'_>,
    plan: &Plan,
    entry: PhysAddr,
    chunks: &[Chunk<'_>],
) -> Result<ImageFile, Diagnostic> {
    match &parts.unpacker {
        Some(unpacker) if parts.settings.format != Format::Elf => {
            package::pack(parts, plan, unpacker, entry, chunks)
        }
        _ => Ok(ImageFile {
            content: executable::write(entry, chunks),
            scratch: Vec::new(),
            map: None,
        }),
    }
}

/// Checks that a file of `size` bytes at its load address lies in RAM.
pub(super) fn check_ram(parts: &Parts<'_>, address: PhysAddr, size: u64) -> Result<(), Diagnostic> {
    let usable = parts.memory.usable(parts.kernel.memory);
    let place = PhysRange::from_size(address, size);
    if place.is_some_and(|place| ranges::contains(&usable, place)) {
        return Ok(());
    }
    Err(not_runnable_at(address)
        .expected(format!("{size} bytes of RAM"))
        .found(format!("RAM {}", parts.memory))
        .remedy("pass another address, or none if the firmware chooses it"))
}
