// SPDX-License-Identifier: BSD-2-Clause

//! Reads programs that must be complete: files with debug information only have the same headers.

use goblin::elf::section_header::{SHF_EXECINSTR, SHT_NOBITS, SectionHeader};

use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::{LAYOUT, Program};
use crate::files::program;

/// Reads the program in `file`.
///
/// # Errors
///
/// Fails as [`program::read`] does, or if the file doesn't hold the code at the entry point.
pub(super) fn read<'a>(origin: Origin<'_>, file: &'a [u8]) -> Result<Program<'a>, Diagnostic> {
    if has_debug_information_only(file) {
        return Err(no_code(origin).found("a file of debug information only"));
    }
    let program = program::read(origin, file)?;
    match program.content(program.entry, 1) {
        Some(_) => Ok(program),
        None => {
            let found = format!(
                "no content in the file for the entry point {:#x}",
                program.entry
            );
            Err(no_code(origin).found(found))
        }
    }
}

fn no_code(origin: Origin<'_>) -> Diagnostic {
    origin
        .diagnostic("lacks its own code")
        .expected("the code at the entry point, in the file")
        .remedy(
            "pass the linked program, or what `llvm-strip` leaves of it; `llvm-objcopy \
             --only-keep-debug` keeps only debug information",
        )
}

/// Whether the file lacks the content of the section with the entry point (`objcopy --only-keep-debug`).
fn has_debug_information_only(file: &[u8]) -> bool {
    let Ok(header) = goblin::elf::Elf::parse_header(file) else {
        return false;
    };
    let (entry, count) = (header.e_entry, header.e_shnum.into());
    let offset = usize::try_from(header.e_shoff).unwrap_or(usize::MAX);
    let sections = SectionHeader::parse(file, offset, count, LAYOUT).unwrap_or_default();
    sections.iter().any(|section| {
        let holds_entry = entry.wrapping_sub(section.sh_addr) < section.sh_size;
        let is_code = section.sh_flags & u64::from(SHF_EXECINSTR) != 0;
        is_code && holds_entry && section.sh_type == SHT_NOBITS
    })
}
