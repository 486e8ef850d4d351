// SPDX-License-Identifier: BSD-2-Clause

//! Writing an ELF file whose segments lie where they are loaded
//! (System V ABI, chapters 4 and 5; ELF for the Arm 64-bit Architecture).

use goblin::elf::header::{
    ELFCLASS64, ELFDATA2LSB, ELFMAG, EM_AARCH64, ET_EXEC, EV_CURRENT, SIZEOF_IDENT,
};
use goblin::elf::program_header::PT_LOAD;
use kaal_payload::PhysAddr;
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{Immutable, IntoBytes};

use crate::chunk::Chunk;

/// `p_align`: file offsets and addresses are equal modulo this. Pages would cost padding, and
/// nothing maps this file.
const ALIGNMENT: u64 = 8;

/// `Elf64_Ehdr`
#[derive(IntoBytes, Immutable)]
#[repr(C)]
struct FileHeader {
    ident: [u8; SIZEOF_IDENT],
    kind: U16,
    machine: U16,
    version: U32,
    entry: U64,
    program_headers: U64,
    section_headers: U64,
    flags: U32,
    header_size: U16,
    program_header_size: U16,
    program_header_count: U16,
    section_header_size: U16,
    section_header_count: U16,
    section_names: U16,
}

/// `Elf64_Phdr`
#[derive(IntoBytes, Immutable)]
#[repr(C)]
struct ProgramHeader {
    kind: U32,
    flags: U32,
    offset: U64,
    virt: U64,
    phys: U64,
    file_size: U64,
    memory_size: U64,
    alignment: U64,
}

/// An executable of `chunks`, which ascend and are fewer than 2^16, entered at `entry`.
pub(crate) fn write(entry: PhysAddr, chunks: &[Chunk<'_>]) -> Vec<u8> {
    let headers_size = size_of::<FileHeader>() + chunks.len() * size_of::<ProgramHeader>();
    let headers = program_headers(chunks, headers_size as u64);
    let size = headers
        .last()
        .map_or(0, |last| last.offset.get() + last.file_size.get());
    let mut file = Vec::with_capacity(size as usize);
    file.extend_from_slice(file_header(entry, headers.len() as u16).as_bytes());
    file.extend_from_slice(headers.as_bytes());
    for (header, chunk) in headers.iter().zip(chunks) {
        file.resize(header.offset.get() as usize, 0);
        file.extend_from_slice(chunk.content);
    }
    file
}

/// The program headers of chunks that are stored one after the other from the offset `next` on.
fn program_headers(chunks: &[Chunk<'_>], mut next: u64) -> Vec<ProgramHeader> {
    chunks
        .iter()
        .map(|chunk| {
            let start = chunk.memory.start.0;
            let file_size = chunk.content.len() as u64;
            let offset = next + start.wrapping_sub(next) % ALIGNMENT;
            next = offset + file_size;
            ProgramHeader {
                kind: PT_LOAD.into(),
                flags: chunk.access.0.into(),
                offset: offset.into(),
                virt: start.into(),
                phys: start.into(),
                file_size: file_size.into(),
                memory_size: chunk.memory.size().into(),
                alignment: ALIGNMENT.into(),
            }
        })
        .collect()
}

fn file_header(entry: PhysAddr, program_header_count: u16) -> FileHeader {
    let mut ident = [0; SIZEOF_IDENT];
    ident[..ELFMAG.len()].copy_from_slice(ELFMAG);
    ident[ELFMAG.len()..][..3].copy_from_slice(&[ELFCLASS64, ELFDATA2LSB, EV_CURRENT]);
    FileHeader {
        ident,
        kind: ET_EXEC.into(),
        machine: EM_AARCH64.into(),
        version: u32::from(EV_CURRENT).into(),
        entry: entry.0.into(),
        program_headers: (size_of::<FileHeader>() as u64).into(),
        section_headers: U64::ZERO,
        flags: U32::ZERO,
        header_size: (size_of::<FileHeader>() as u16).into(),
        program_header_size: (size_of::<ProgramHeader>() as u16).into(),
        program_header_count: program_header_count.into(),
        section_header_size: U16::ZERO,
        section_header_count: U16::ZERO,
        section_names: U16::ZERO,
    }
}
