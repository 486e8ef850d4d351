// SPDX-License-Identifier: BSD-2-Clause

//! Reads components' programs: ELF files that are linked to fixed addresses, with each segment on pages of its own.
//!
//! The build reads the programs that it embeds into the root task. A root task for development also reads those that
//! replace them later. Its heap is limited, so this reads nothing but the headers, of which there may be few.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod flaw;

use alloc::vec::Vec;

use goblin::container::{Container, Ctx, Endian};
use goblin::elf::Header;
use goblin::elf::header::{EI_CLASS, EI_DATA, ELFCLASS64, ELFDATA2LSB, EM_AARCH64, ET_EXEC};
use goblin::elf::program_header::{PF_W, PF_X, PT_INTERP, PT_LOAD, ProgramHeader};
use goblin::elf64::header::SIZEOF_EHDR;
use goblin::elf64::program_header::SIZEOF_PHDR;
use kaal_broker::{Access, Image, PAGE_SIZE, Segment};

pub use flaw::Flaw;

/// The layout of all programs for AArch64: 64 bits, little-endian.
const LAYOUT: Ctx = Ctx {
    container: Container::Big,
    le: Endian::Little,
};

/// Most program headers of a program. Linkers write fewer than ten.
const MOST_HEADERS: u16 = 64;

/// A program to load.
#[derive(Clone, Debug)]
pub struct Program<'a> {
    /// Virtual address of the first instruction.
    pub entry: u64,
    /// Segments, by ascending address; each has pages of its own.
    pub segments: Vec<Segment<'a>>,
    /// Number of the file's bytes up to the end of headers and segments. The rest isn't needed.
    pub length: usize,
}

impl<'a> Program<'a> {
    /// Reads an ELF file.
    ///
    /// # Errors
    ///
    /// Fails if the file isn't an AArch64 program linked to fixed addresses, a segment is both
    /// writable and executable, segments share a page, or the entry point isn't in executable
    /// content.
    pub fn read(file: &'a [u8]) -> Result<Self, Flaw> {
        let header = read_header(file)?;
        let headers = read_program_headers(file, &header)?;
        let mut length = header.e_phoff as usize + headers.len() * SIZEOF_PHDR;
        let mut segments = Vec::new();
        let mut free_from = PAGE_SIZE;
        for header in headers {
            if header.p_type == PT_INTERP {
                return Err(Flaw::Dynamic);
            }
            if header.p_type == PT_LOAD && header.p_memsz > 0 {
                segments.push(read_segment(file, &header, &mut free_from)?);
                // It doesn't overflow: the segment's content lies in the file.
                length = length.max((header.p_offset + header.p_filesz) as usize);
            }
        }
        let entry = header.e_entry;
        let is_entry = |segment: &Segment<'_>| {
            let end = segment.address + segment.bytes.len() as u64;
            segment.access == Access::ReadExecute && (segment.address..end).contains(&entry)
        };
        match segments.iter().any(is_entry) {
            true => Ok(Self {
                entry,
                segments,
                length,
            }),
            false => Err(Flaw::Entry(entry)),
        }
    }

    /// Returns the program for the broker.
    pub fn image(&self) -> Image<'_> {
        Image {
            entry: self.entry,
            segments: &self.segments,
        }
    }
}

fn read_header(file: &[u8]) -> Result<Header, Flaw> {
    let start = file.get(..SIZEOF_EHDR).ok_or(Flaw::NotElf)?;
    let header: Header = goblin::elf::Elf::parse_header(start).map_err(|_| Flaw::NotElf)?;
    if (header.e_ident[EI_CLASS], header.e_ident[EI_DATA]) != (ELFCLASS64, ELFDATA2LSB) {
        return Err(Flaw::NotElf);
    }
    match (header.e_machine, header.e_type) {
        (EM_AARCH64, ET_EXEC) => Ok(header),
        (machine, kind) => Err(Flaw::Kind { machine, kind }),
    }
}

fn read_program_headers(file: &[u8], header: &Header) -> Result<Vec<ProgramHeader>, Flaw> {
    let count = header.e_phnum;
    if count > MOST_HEADERS || usize::from(header.e_phentsize) != SIZEOF_PHDR {
        let size = header.e_phentsize;
        return Err(Flaw::Headers { count, size });
    }
    let start = usize::try_from(header.e_phoff).map_err(|_| Flaw::Truncated)?;
    ProgramHeader::parse(file, start, count.into(), LAYOUT).map_err(|_| Flaw::Truncated)
}

/// Reads a segment whose first page is `free_from` or behind it, and moves `free_from` behind its last page.
fn read_segment<'a>(
    file: &'a [u8],
    header: &ProgramHeader,
    free_from: &mut u64,
) -> Result<Segment<'a>, Flaw> {
    let (address, size) = (header.p_vaddr, header.p_memsz);
    let access = match (header.p_flags & PF_X != 0, header.p_flags & PF_W != 0) {
        (true, true) => return Err(Flaw::WritableCode(address)),
        (true, false) => Access::ReadExecute,
        (false, true) => Access::ReadWrite,
        (false, false) => Access::Read,
    };
    if address < *free_from {
        let least = *free_from;
        return Err(Flaw::SharedPage { address, least });
    }
    let end = address.checked_add(size);
    let end = end.and_then(|end| end.checked_next_multiple_of(PAGE_SIZE));
    *free_from = end.ok_or(Flaw::TooLarge { address, size })?;
    let length = header.p_filesz;
    if length > size {
        return Err(Flaw::LongContent {
            address,
            length,
            size,
        });
    }
    let content = || {
        let start = usize::try_from(header.p_offset).ok()?;
        file.get(start..)?.get(..usize::try_from(length).ok()?)
    };
    Ok(Segment {
        address,
        size,
        bytes: content().ok_or(Flaw::Truncated)?,
        access,
    })
}
