// SPDX-License-Identifier: BSD-2-Clause

//! The ELF file of an image.

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use goblin::elf::program_header::{PF_R, PF_W, PF_X, PT_LOAD};

use super::changes::Changes;
use super::choice::Choice;
use super::image::Load;

/// Sizes of the file's header and of a program header.
const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;

/// Offset of the number of program headers in the file's header.
const COUNT: usize = 56;

/// Alignment of content in the file, like that in memory.
const ALIGNMENT: u64 = 8;

/// The headers of an ELF file.
#[derive(Clone)]
pub(super) struct Executable {
    header: Vec<u8>,
    changes: Changes,
}

impl Executable {
    /// Reads a file.
    pub(super) fn read(file: &[u8]) -> Result<(Vec<Load>, Self)> {
        let elf = Elf::parse(file)?;
        ensure!(elf.header.e_phoff == HEADER as u64, "another layout");
        let mut loads = Vec::new();
        for segment in &elf.program_headers {
            let content = file.get(segment.file_range());
            loads.push(Load {
                address: segment.p_paddr,
                memory_size: segment.p_memsz,
                content: content.context("a segment outside of the file")?.to_vec(),
            });
        }
        let executable = Self {
            header: file[..HEADER].to_vec(),
            changes: Changes::default(),
        };
        Ok((loads, executable))
    }

    /// Writes a file with the content of `loads`.
    pub(super) fn write(&self, loads: &[Load]) -> Option<Vec<u8>> {
        let mut file = self.header.clone();
        let count = u16::try_from(loads.len()).ok()?;
        file[COUNT..][..size_of::<u16>()].copy_from_slice(&count.to_le_bytes());
        file.resize(HEADER + loads.len() * PROGRAM_HEADER, 0);
        for (index, load) in loads.iter().enumerate() {
            let end = file.len() as u64;
            let offset = end + load.address.wrapping_sub(end) % ALIGNMENT;
            file.resize(offset as usize, 0);
            file.extend(&load.content);
            let (address, size) = (load.address, load.content.len() as u64);
            let kind = [PT_LOAD, PF_R | PF_W | PF_X].map(u32::to_le_bytes);
            let fields = [offset, address, address, size, load.memory_size, ALIGNMENT];
            let fields = fields.map(u64::to_le_bytes);
            file[HEADER + index * PROGRAM_HEADER..][..PROGRAM_HEADER]
                .copy_from_slice(&[kind.as_flattened(), fields.as_flattened()].concat());
        }
        self.changes
            .make(&mut file[..HEADER + loads.len() * PROGRAM_HEADER]);
        Some(file)
    }

    /// Changes a field of a header. The file makes `loads`.
    pub(super) fn change_field(
        &mut self,
        choice: &mut Choice<'_>,
        loads: &[Load],
    ) -> Option<String> {
        let before = self.write(loads)?;
        let mut headers = before.clone();
        let (start, size) = match choice.once_in(4) {
            true => (0, HEADER),
            false => {
                let index = choice.index(loads.len())?;
                (HEADER + index * PROGRAM_HEADER, PROGRAM_HEADER)
            }
        };
        let header = &mut headers[start..][..size];
        let change = choice.change_field(header, &[])?;
        self.changes.note(&before, &headers);
        Some(format!("ELF header at {start:#x}: {change}"))
    }
}
