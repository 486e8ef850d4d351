// SPDX-License-Identifier: BSD-2-Clause

//! The programs that components run.

use anyhow::{Context, bail};
use goblin::elf::Elf;
use goblin::elf::header::{EM_AARCH64, ET_EXEC};
use goblin::elf::program_header::{PF_W, PF_X, PT_LOAD};
use kaal_broker::PAGE_SIZE;

/// A program, as it is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Address of the first instruction.
    pub entry: u64,
    /// Its parts.
    pub segments: Vec<Segment>,
}

/// A part of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it lies.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
    /// What is loaded to its beginning.
    pub bytes: Vec<u8>,
    /// Whether it may be written.
    pub writable: bool,
    /// Whether it may be executed.
    pub executable: bool,
}

impl Program {
    /// Reads an ELF file.
    ///
    /// # Errors
    ///
    /// Fails where it is not an AArch64 program linked to fixed addresses, or one that has pages
    /// which are writable and executable, or segments that don't fit their memory.
    pub fn read(file: &[u8]) -> anyhow::Result<Self> {
        let elf = Elf::parse(file).context("an ELF file expected")?;
        if elf.header.e_machine != EM_AARCH64 || elf.header.e_type != ET_EXEC {
            bail!("an AArch64 program linked to fixed addresses expected");
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
            free_from = end
                .and_then(|end| end.checked_next_multiple_of(PAGE_SIZE))
                .with_context(|| format!("the segment at {address:#x} has no end"))?;
            if header.p_filesz > header.p_memsz {
                bail!("the segment at {address:#x} has more content than memory");
            }
            let bytes = file
                .get(header.file_range())
                .with_context(|| format!("the segment at {address:#x} is not in the file"))?;
            segments.push(Segment {
                address,
                size: header.p_memsz,
                bytes: bytes.to_vec(),
                writable,
                executable,
            });
        }
        let is_entry = |segment: &Segment| {
            let end = segment.address + segment.bytes.len() as u64;
            segment.executable && (segment.address..end).contains(&elf.entry)
        };
        if !segments.iter().any(is_entry) {
            bail!("the entry {:#x} is not in executable memory", elf.entry);
        }
        Ok(Self {
            entry: elf.entry,
            segments,
        })
    }
}
