// SPDX-License-Identifier: BSD-2-Clause

//! Finds the data for Microkit's loader in an image's file.

use goblin::elf::header::ELFMAG;
use goblin::elf::program_header::PT_LOAD;
use memchr::memmem;

use super::header::{Data, MAGIC, Problem};
use crate::diagnostic::{Diagnostic, Origin};
use crate::files::kind::{FileKind, owner};
use crate::files::program;
use crate::format::uimage;

/// The data in `file`, whatever contains it.
///
/// # Errors
///
/// Returns an error if there is none, or if it is damaged.
pub(super) fn data<'a>(origin: Origin<'_>, file: &'a [u8]) -> Result<Data<'a>, Diagnostic> {
    let raw = if file.starts_with(ELFMAG) {
        let program = program::read(origin, file)
            .map_err(|error| error.remedy("build the system for an AArch64 board, or again"))?;
        let mut segments = program.contents(PT_LOAD).map(|(_, content)| content);
        segments
            .find(|content| memmem::find(content, &MAGIC).is_some())
            .unwrap_or_default()
    } else if uimage::is_one(file) {
        file.get(uimage::HEADER_SIZE..).unwrap_or_default()
    } else {
        file
    };
    let mut problem = None;
    // The loader's code holds the magic number too, with other bytes behind.
    for start in memmem::find_iter(raw, &MAGIC) {
        match Data::read(&raw[start..]) {
            Ok(data) => return Ok(data),
            Err(Problem::NoHeader) => {}
            Err(found @ Problem::Size { .. }) => problem = Some(found),
            Err(found) => return Err(explain(origin, found)),
        }
    }
    Err(match problem {
        Some(problem) => explain(origin, problem),
        None => none(origin, file),
    })
}

/// `file` isn't an image of Microkit.
fn none(origin: Origin<'_>, file: &[u8]) -> Diagnostic {
    let diagnostic = origin
        .diagnostic("not an image of Microkit")
        .expected("loader.img of Microkit 2.1 to 2.3, as a raw file, an ELF file or a U-Boot image")
        .remedy("pass the file that Microkit's tool wrote to -o");
    match owner(file) {
        Some(owner) => diagnostic.found(format!("a file of {owner}, without a system")),
        None => FileKind::of(file).found_by(diagnostic),
    }
}

fn explain(origin: Origin<'_>, problem: Problem) -> Diagnostic {
    match problem {
        Problem::NoHeader => none(origin, &[]),
        Problem::Size { expected, found } => malformed(
            origin,
            match found < expected {
                true => "truncated",
                false => "longer than its header says",
            },
        )
        .expected(format!("{expected} bytes from its header on"))
        .found(format!("{found} bytes")),
        Problem::OldVersion => origin
            .diagnostic("an image of Microkit 2.0, whose kernels expect other arguments")
            .expected("an image of Microkit 2.1 to 2.3")
            .found("a header of 11 words")
            .remedy("build the system with a later SDK"),
        Problem::Count { count } => malformed(origin, "its header is malformed")
            .expected("as many regions as there is room for, of the size in the header")
            .found(format!("{count} regions")),
        Problem::Region { index } => malformed(origin, format!("its region {index} is malformed"))
            .expected("data of the type 1, within the file and the address space")
            .found("another type, or a place outside of them"),
    }
}

/// The image is damaged.
pub(super) fn malformed(origin: Origin<'_>, problem: impl Into<String>) -> Diagnostic {
    let remedy = "copy the image again, or build it again with Microkit's tool";
    origin.diagnostic(problem).remedy(remedy)
}
