// SPDX-License-Identifier: BSD-2-Clause

//! Writing an ELF file whose segments lie where they are loaded, and reading it back
//! (System V ABI, chapters 4 and 5; ELF for the Arm 64-bit Architecture).

use std::iter;
use std::ops::Range;

use goblin::elf::header::{
    ELFCLASS64, ELFDATA2LSB, ELFMAG, EM_AARCH64, ET_EXEC, EV_CURRENT, SIZEOF_IDENT,
};
use goblin::elf::program_header::{PF_R, PF_W, PF_X, PT_LOAD};
use kaal_payload::{PhysAddr, PhysRange};
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::elf::slice;
use crate::memory::chunk::Chunk;

/// `p_align`: file offsets and addresses are equal modulo this. Pages would cost padding, and
/// nothing maps this file.
const ALIGNMENT: u64 = 8;

/// `p_flags`: with the MMU off, all memory may be used for anything.
const FLAGS: u32 = PF_R | PF_W | PF_X;

/// A chunk, and its place in the file.
pub(crate) type Segment<'a> = (Chunk<'a>, Range<usize>);

/// `Elf64_Ehdr`
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
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
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
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
    let headers = program_headers(chunks);
    let mut file = head(entry, &headers);
    let size = headers
        .last()
        .map_or(0, |last| last.offset.get() + last.file_size.get());
    file.reserve_exact((size as usize).saturating_sub(file.len()));
    for (header, chunk) in headers.iter().zip(chunks) {
        file.resize(header.offset.get() as usize, 0);
        file.extend_from_slice(chunk.content);
    }
    file
}

/// What an executable with these program headers begins with.
fn head(entry: PhysAddr, headers: &[ProgramHeader]) -> Vec<u8> {
    let header = file_header(entry, headers.len() as u16);
    [header.as_bytes(), headers.as_bytes()].concat()
}

/// The program headers of chunks that are stored one after the other, behind these headers.
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
                kind: PT_LOAD.into(),
                flags: FLAGS.into(),
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

/// The size in bytes of the executable that begins with `head`, if that is one by [`write()`].
pub(crate) fn claimed_size(head: &[u8]) -> Option<u64> {
    let (_, headers) = headers(head)?;
    let last = headers.last()?;
    last.offset.get().checked_add(last.file_size.get())
}

/// The entry point of an executable by [`write()`], and its segments.
///
/// What differs in a single byte from what [`write()`] would make of them is refused with the reason.
pub(crate) fn read(file: &[u8]) -> Result<(PhysAddr, Vec<Segment<'_>>), String> {
    let (header, headers) = headers(file).ok_or("other headers")?;
    let mut segments = Vec::with_capacity(headers.len());
    let (mut memory_end, mut file_end) = (PhysAddr(0), 0);
    for (index, header) in headers.iter().enumerate() {
        let malformed = || format!("PT_LOAD {index} with other values");
        let chunk = chunk(file, header).ok_or_else(malformed)?;
        let start = header.offset.get() as usize;
        if chunk.memory.start < memory_end || start < file_end {
            return Err(format!(
                "PT_LOAD {index} before the end of the one before it"
            ));
        }
        memory_end = chunk.memory.end;
        file_end = start + chunk.content.len();
        segments.push((chunk, start..file_end));
    }
    let entry = PhysAddr(header.entry.get());
    let chunks: Vec<_> = segments.iter().map(|(chunk, _)| *chunk).collect();
    let expected = head(entry, &program_headers(&chunks));
    if let Some(offset) = difference(file, &expected, &segments) {
        return Err(format!("another byte at the offset {offset:#x}"));
    }
    if file_end != file.len() {
        return Err(format!("{} bytes, not {file_end}", file.len()));
    }
    Ok((entry, segments))
}

/// Where `file` first differs from the executable that begins with `head`, and has nothing but zeroes between segments.
fn difference(file: &[u8], head: &[u8], segments: &[Segment<'_>]) -> Option<usize> {
    let in_head = head.iter().zip(file).position(|(one, other)| one != other);
    let starts = segments.iter().map(|(_, in_file)| in_file.start);
    let ends = segments.iter().map(|(_, in_file)| in_file.end);
    let mut gaps = iter::once(head.len()).chain(ends).zip(starts);
    in_head.or_else(|| {
        gaps.find_map(|(end, start)| {
            let gap = file.get(end..start).unwrap_or_default();
            Some(end + gap.iter().position(|&byte| byte != 0)?)
        })
    })
}

/// The headers that `file` begins with, if they look like those by [`write()`].
fn headers(file: &[u8]) -> Option<(&FileHeader, &[ProgramHeader])> {
    let (header, rest) = FileHeader::ref_from_prefix(file).ok()?;
    let count = header.program_header_count.get();
    let expected = file_header(PhysAddr(header.entry.get()), count);
    if header.as_bytes() != expected.as_bytes() {
        return None;
    }
    let (headers, _) = <[ProgramHeader]>::ref_from_prefix_with_elems(rest, count.into()).ok()?;
    let is_ours = |header: &ProgramHeader| {
        (header.kind.get(), header.alignment.get()) == (PT_LOAD, ALIGNMENT)
            && header.file_size.get() <= header.memory_size.get()
    };
    headers.iter().all(is_ours).then_some((header, headers))
}

/// The memory that `header` tells of, and what `file` has for it.
fn chunk<'a>(file: &'a [u8], header: &ProgramHeader) -> Option<Chunk<'a>> {
    let memory = PhysRange::from_size(PhysAddr(header.phys.get()), header.memory_size.get())?;
    let content = slice(file, header.offset.get(), header.file_size.get())?;
    let fits = !memory.is_empty() && content.len() as u64 <= memory.size();
    fits.then_some(Chunk { memory, content })
}
