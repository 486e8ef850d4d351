// SPDX-License-Identifier: BSD-2-Clause

//! The image's file: an ELF file, or a package.

use kaal_payload::{PhysAddr, PhysRange};

use super::package;
use crate::diagnostic::Diagnostic;
use crate::format::{FileMap, Format, executable, not_runnable_at};
use crate::layout::plan::Plan;
use crate::memory::chunk::Chunk;
use crate::memory::ranges;
use crate::parts::Parts;

/// An image's file.
pub(crate) struct ImageFile {
    /// Its content.
    pub(crate) content: Vec<u8>,
    /// Where the unpacker works, if there is one.
    pub(crate) scratch: Vec<(&'static str, PhysRange)>,
    /// What lies where in a packed one.
    pub(crate) map: Option<FileMap>,
}

/// What may be wrong with a package of `parts`.
pub(crate) fn warnings(parts: &Parts<'_>) -> Vec<Diagnostic> {
    let format = parts.settings.format;
    if format == Format::Elf || parts.device_tree.is_some() {
        return Vec::new();
    }
    let no_console = format
        .origin()
        .diagnostic("the unpacker will not know the machine's console")
        .expected("a --dtb, even where the firmware brings its own")
        .found("none")
        .remedy("give one; without it the unpacker stops silently where it has to");
    vec![no_console]
}

/// The file of an image that is `chunks` in memory, and that is entered at `entry`.
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

/// Checks that a file of `size` bytes lies in RAM where it is loaded to.
pub(super) fn check_ram(parts: &Parts<'_>, address: PhysAddr, size: u64) -> Result<(), Diagnostic> {
    let usable = parts.memory.usable(parts.kernel.memory);
    let place = PhysRange::from_size(address, size);
    if place.is_some_and(|place| ranges::contains(&usable, place)) {
        return Ok(());
    }
    Err(not_runnable_at(address)
        .expected(format!("{size} bytes of RAM"))
        .found(format!("RAM {}", parts.memory))
        .remedy("give another address, or none where the firmware chooses it"))
}
