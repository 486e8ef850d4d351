// SPDX-License-Identifier: BSD-2-Clause

//! Writes and reads ELF files whose segments lie at their load addresses (System V ABI, chapters 4
//! and 5; ELF for the Arm 64-bit Architecture).

use std::ops::Range;

use kaal_payload::{PhysAddr, PhysRange};
use object::LittleEndian as LE;
use object::elf::{
    ELFCLASS64, ELFDATA2LSB, ELFMAG, ELFOSABI_NONE, EM_AARCH64, ET_EXEC, EV_CURRENT, FileHeader64,
    Ident, PF_R, PF_W, PF_X, PT_LOAD, ProgramHeader64,
};
use object::endian::{U16, U32, U64};
use object::pod;

use crate::elf::slice;
use crate::memory::chunk::Chunk;

type FileHeader = FileHeader64<LE>;
type ProgramHeader = ProgramHeader64<LE>;

/// `p_align`: file offsets and addresses are equal modulo this number. Page alignment would cost
/// padding, and nothing maps this file.
const ALIGNMENT: u64 = 8;

/// A chunk, and its bytes in the file.
pub(crate) type Segment<'a> = (Chunk<'a>, Range<usize>);

/// Writes an executable of `chunks`, which ascend and are fewer than 2^16. Its entry point is
/// `entry`.
pub(crate) fn write(entry: PhysAddr, chunks: &[Chunk<'_>]) -> Vec<u8> {
    let headers = program_headers(chunks);
    let header = file_header(entry, headers.len() as u16);
    let mut file = [pod::bytes_of(&header), pod::bytes_of_slice(&headers)].concat();
    let size = headers
        .last()
        .map_or(0, |last| last.p_offset.get(LE) + last.p_filesz.get(LE));
    file.reserve_exact((size as usize).saturating_sub(file.len()));
    for (header, chunk) in headers.iter().zip(chunks) {
        file.resize(header.p_offset.get(LE) as usize, 0);
        file.extend_from_slice(chunk.content);
    }
    file
}

/// The program headers of `chunks`. Their content follows the headers, in the same order.
fn program_headers(chunks: &[Chunk<'_>]) -> Vec<ProgramHeader> {
    let size = size_of::<FileHeader>() + chunks.len() * size_of::<ProgramHeader>();
    let mut next = size as u64;
    chunks
        .iter()
        .map(|chunk| {
            let start = chunk.memory.start.0;
            let file_size = chunk.content.len() as u64;
            let offset = next + start.wrapping_sub(next) % ALIGNMENT;
            next = offset + file_size;
            ProgramHeader {
                p_type: U32::new(LE, PT_LOAD),
                // With the MMU off, these flags have no effect.
                p_flags: U32::new(LE, PF_R | PF_W | PF_X),
                p_offset: U64::new(LE, offset),
                p_vaddr: U64::new(LE, start),
                p_paddr: U64::new(LE, start),
                p_filesz: U64::new(LE, file_size),
                p_memsz: U64::new(LE, chunk.memory.size()),
                p_align: U64::new(LE, ALIGNMENT),
            }
        })
        .collect()
}

fn file_header(entry: PhysAddr, program_header_count: u16) -> FileHeader {
    FileHeader {
        e_ident: Ident {
            magic: ELFMAG,
            class: ELFCLASS64,
            data: ELFDATA2LSB,
            version: EV_CURRENT,
            os_abi: ELFOSABI_NONE,
            abi_version: 0,
            padding: [0; _],
        },
        e_type: U16::new(LE, ET_EXEC),
        e_machine: U16::new(LE, EM_AARCH64),
        e_version: U32::new(LE, EV_CURRENT.0.into()),
        e_entry: U64::new(LE, entry.0),
        e_phoff: U64::new(LE, size_of::<FileHeader>() as u64),
        e_shoff: U64::default(),
        e_flags: U32::default(),
        e_ehsize: U16::new(LE, size_of::<FileHeader>() as u16),
        e_phentsize: U16::new(LE, size_of::<ProgramHeader>() as u16),
        e_phnum: U16::new(LE, program_header_count),
        e_shentsize: U16::default(),
        e_shnum: U16::default(),
        e_shstrndx: U16::default(),
    }
}

/// The size in bytes of the executable that begins with `head`; `None` if [`write()`] didn't write
/// it.
pub(crate) fn claimed_size(head: &[u8]) -> Option<u64> {
    let (_, headers) = headers(head)?;
    let last = headers.last()?;
    last.p_offset.get(LE).checked_add(last.p_filesz.get(LE))
}

/// Reads the entry point and segments of an executable.
///
/// # Errors
///
/// Returns the difference if a single byte isn't as [`write()`] writes it.
pub(crate) fn read(file: &[u8]) -> Result<(PhysAddr, Vec<Segment<'_>>), String> {
    let (header, headers) = headers(file).ok_or("other headers")?;
    let mut segments = Vec::with_capacity(headers.len());
    let (mut memory_end, mut file_end) = (PhysAddr(0), 0);
    for (index, header) in headers.iter().enumerate() {
        let malformed = || format!("PT_LOAD {index} with other values");
        let chunk = chunk(file, header).ok_or_else(malformed)?;
        let start = header.p_offset.get(LE) as usize;
        if chunk.memory.start < memory_end || start < file_end {
            return Err(format!(
                "PT_LOAD {index} before the end of the one before it"
            ));
        }
        memory_end = chunk.memory.end;
        file_end = start + chunk.content.len();
        segments.push((chunk, start..file_end));
    }
    let entry = PhysAddr(header.e_entry.get(LE));
    let chunks: Vec<_> = segments.iter().map(|(chunk, _)| *chunk).collect();
    let again = write(entry, &chunks);
    if again == file {
        return Ok((entry, segments));
    }
    let difference = again.iter().zip(file).position(|(one, other)| one != other);
    Err(match difference {
        Some(offset) => format!("another byte at the offset {offset:#x}"),
        None => format!("{} bytes, not {}", file.len(), again.len()),
    })
}

/// The headers at the start of `file`, if they look as [`write()`] writes them.
fn headers(file: &[u8]) -> Option<(&FileHeader, &[ProgramHeader])> {
    let (header, rest) = pod::from_bytes::<FileHeader>(file).ok()?;
    let count = header.e_phnum.get(LE);
    let expected = file_header(PhysAddr(header.e_entry.get(LE)), count);
    if pod::bytes_of(header) != pod::bytes_of(&expected) {
        return None;
    }
    let (headers, _) = pod::slice_from_bytes::<ProgramHeader>(rest, count.into()).ok()?;
    let is_ours = |header: &ProgramHeader| {
        (header.p_type.get(LE), header.p_align.get(LE)) == (PT_LOAD, ALIGNMENT)
            && header.p_filesz.get(LE) <= header.p_memsz.get(LE)
    };
    headers.iter().all(is_ours).then_some((header, headers))
}

/// The memory of the segment in `header`, and its content in `file`.
fn chunk<'a>(file: &'a [u8], header: &ProgramHeader) -> Option<Chunk<'a>> {
    let memory = PhysRange::from_size(PhysAddr(header.p_paddr.get(LE)), header.p_memsz.get(LE))?;
    let content = slice(file, header.p_offset.get(LE), header.p_filesz.get(LE))?;
    let fits = !memory.is_empty() && content.len() as u64 <= memory.size();
    fits.then_some(Chunk { memory, content })
}
