// SPDX-License-Identifier: BSD-2-Clause

//! Tiny ELF files.

/// The fields of an ELF file; each may be wrong.
#[derive(Clone, Debug)]
pub(crate) struct Elf {
    pub(crate) class: u8,
    pub(crate) endianness: u8,
    pub(crate) kind: u16,
    pub(crate) machine: u16,
    pub(crate) entry: u64,
    pub(crate) headers: Vec<ProgramHeader>,
}

/// A program header and what it names.
#[derive(Clone, Debug)]
pub(crate) struct ProgramHeader {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) virt: u64,
    pub(crate) phys: u64,
    pub(crate) content: Vec<u8>,
    pub(crate) memory_size: u64,
}

impl Elf {
    pub(crate) const EXEC: u16 = 2;
    pub(crate) const DYN: u16 = 3;
    pub(crate) const HEADER_SIZE: usize = 64;
    pub(crate) const PROGRAM_HEADER_SIZE: usize = 56;

    /// A program for AArch64.
    pub(crate) fn new(kind: u16, entry: u64, headers: Vec<ProgramHeader>) -> Self {
        Self {
            class: 2,
            endianness: 1,
            kind,
            machine: 183,
            entry,
            headers,
        }
    }

    /// The file: the headers, then the content of each.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut file = vec![0x7f, b'E', b'L', b'F', self.class, self.endianness, 1];
        file.resize(16, 0);
        file.extend(self.kind.to_le_bytes());
        file.extend(self.machine.to_le_bytes());
        file.extend(1u32.to_le_bytes());
        file.extend(self.entry.to_le_bytes());
        file.extend((Self::HEADER_SIZE as u64).to_le_bytes());
        file.extend([0; 12]);
        file.extend((Self::HEADER_SIZE as u16).to_le_bytes());
        file.extend((Self::PROGRAM_HEADER_SIZE as u16).to_le_bytes());
        file.extend((self.headers.len() as u16).to_le_bytes());
        file.resize(Self::HEADER_SIZE, 0);

        let mut offset = Self::HEADER_SIZE + self.headers.len() * Self::PROGRAM_HEADER_SIZE;
        for header in &self.headers {
            file.extend(header.kind.to_le_bytes());
            file.extend(header.flags.to_le_bytes());
            for word in [
                offset as u64,
                header.virt,
                header.phys,
                header.content.len() as u64,
                header.memory_size,
                1,
            ] {
                file.extend(word.to_le_bytes());
            }
            offset += header.content.len();
        }
        for header in &self.headers {
            file.extend(&header.content);
        }
        file
    }
}

impl ProgramHeader {
    pub(crate) const READ_EXECUTE: u32 = 5;
    pub(crate) const READ_WRITE: u32 = 6;
    pub(crate) const READ_WRITE_EXECUTE: u32 = 7;
    pub(crate) const READ: u32 = 4;

    /// A `PT_LOAD` at `virt` of `memory_size` bytes that begin with `content`.
    pub(crate) fn load(flags: u32, virt: u64, content: Vec<u8>, memory_size: u64) -> Self {
        Self {
            kind: 1,
            flags,
            virt,
            phys: virt,
            content,
            memory_size,
        }
    }

    /// The same at the physical address `phys`.
    pub(crate) fn at(self, phys: u64) -> Self {
        Self { phys, ..self }
    }

    /// A header of another kind.
    pub(crate) fn other(kind: u32, content: Vec<u8>) -> Self {
        Self {
            kind,
            flags: Self::READ,
            virt: 0,
            phys: 0,
            memory_size: content.len() as u64,
            content,
        }
    }
}
