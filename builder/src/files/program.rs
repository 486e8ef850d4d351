// SPDX-License-Identifier: BSD-2-Clause

//! Reads programs, and tells what other files are.

use goblin::elf::header::{ELFMAG, ET_CORE, ET_REL};

use super::kind::{FileKind, owner, with_way};
use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::Program;

/// Reads the program in `file`.
///
/// # Errors
///
/// Fails as [`Program::read`] does. If `file` is no program, the error names its kind.
pub(crate) fn read<'a>(origin: Origin<'_>, file: &'a [u8]) -> Result<Program<'a>, Diagnostic> {
    match goblin::elf::Elf::parse_header(file) {
        Ok(header) if [ET_REL, ET_CORE].contains(&header.e_type) => {
            let diagnostic = origin
                .diagnostic("not a program")
                .expected("a linked ELF program")
                .remedy("pass the linked program");
            Err(FileKind::of(file).found_by(diagnostic))
        }
        _ => Program::read(origin, file).map_err(|error| match file.starts_with(ELFMAG) {
            true => error,
            false => FileKind::of(file).found_by(error),
        }),
    }
}

/// `error` about the program in `file`, which names a bootable image if it is one.
pub(crate) fn or_image(error: Diagnostic, file: &[u8]) -> Diagnostic {
    match file.starts_with(ELFMAG).then(|| owner(file)).flatten() {
        Some(owner) => with_way(error.found(format!("a bootable image of {owner}")), owner),
        None => error,
    }
}
