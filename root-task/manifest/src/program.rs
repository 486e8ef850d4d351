// SPDX-License-Identifier: BSD-2-Clause

//! Reads components' programs.

use anyhow::{Context, bail};
use goblin::elf::Elf;
use goblin::elf::header::{EM_AARCH64, ET_EXEC};
use goblin::elf::program_header::{PF_W, PF_X, PT_LOAD};
use kaal_broker::{Access, PAGE_SIZE};

/// A program to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Virtual address of the first instruction.
    pub entry: u64,
    /// Segments, by ascending address.
    pub segments: Vec<Segment>,
}

/// A segment of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Virtual address.
    pub address: u64,
    /// Size in bytes.
    pub size: u64,
    /// Content of its first bytes; the rest is zero.
    pub bytes: Vec<u8>,
    /// Whether it is writable.
    pub writable: bool,
    /// Whether it is executable.
    pub executable: bool,
}

impl Segment {
    /// Returns the access rights of its pages.
    pub(crate) fn access(&self) -> Access {
        match (self.executable, self.writable) {
            (true, _) => Access::ReadExecute,
            (_, true) => Access::ReadWrite,
            _ => Access::Read,
        }
    }
}

impl Program {
    /// Reads an ELF file.
    ///
    /// # Errors
    ///
    /// Fails if the file isn't an AArch64 program linked to fixed addresses, a segment is both
    /// writable and executable, segments share a page, or the entry point isn't in executable
    /// content.
    pub fn read(file: &[u8]) -> anyhow::Result<Self> {
        let elf = Elf::parse(file).context("not an ELF file")?;
        if elf.header.e_machine != EM_AARCH64 || elf.header.e_type != ET_EXEC {
            bail!("not an AArch64 program that is linked to fixed addresses");
        }
        let loaded = elf.program_headers.iter();
        let loaded = loaded.filter(|header| header.p_type == PT_LOAD && header.p_memsz > 0);
        let mut segments = Vec::new();
        let mut free_from = PAGE_SIZE;
        for header in loaded {
            let writable = header.p_flags & PF_W != 0;
            let executable = header.p_flags & PF_X != 0;
            let address = header.p_vaddr;
            if writable && executable {
                bail!("the segment at {address:#x} is writable and executable");
            }
            if address / PAGE_SIZE * PAGE_SIZE < free_from {
                bail!("the segment at {address:#x} shares a page with the one before it");
            }
            let end = address.checked_add(header.p_memsz);
            let end = end.and_then(|end| end.checked_next_multiple_of(PAGE_SIZE));
            let too_large = || format!("the segment at {address:#x} exceeds the address space");
            free_from = end.with_context(too_large)?;
            if header.p_filesz > header.p_memsz {
                bail!("the segment at {address:#x} has more bytes in the file than in memory");
            }
            let bytes = file
                .get(header.file_range())
                .with_context(|| format!("the segment at {address:#x} exceeds the file"))?;
            segments.push(Segment {
                address,
                size: header.p_memsz,
                bytes: bytes.to_vec(),
                writable,
                executable,
            });
        }
        let entry = elf.entry;
        let is_entry = |segment: &Segment| {
            let end = segment.address + segment.bytes.len() as u64;
            segment.executable && (segment.address..end).contains(&entry)
        };
        if !segments.iter().any(is_entry) {
            bail!("the entry point {entry:#x} is not in an executable segment");
        }
        Ok(Self { entry, segments })
    }
}
