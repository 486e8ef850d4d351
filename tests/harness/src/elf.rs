// SPDX-License-Identifier: BSD-2-Clause

//! Reads and writes ELF files, for tests and figures.

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use goblin::elf::Elf;
use goblin::elf::header::{EM_AARCH64, ET_EXEC, et_to_str, machine_to_str};
use goblin::elf::program_header::{PF_R, PF_X, PT_LOAD};
use kaal_payload::PAGE_SIZE;

/// The upper limit of a file's span in memory: a damaged file could ask for more.
const LARGEST_SPAN: u64 = 1 << 30;

/// The entry point of an ELF file.
///
/// # Errors
///
/// Fails if `file` is not an ELF file.
pub fn entry(file: &[u8]) -> Result<u64> {
    Ok(parse(file)?.entry)
}

/// Checks that `file` is a program for AArch64.
///
/// # Errors
///
/// Fails if it is something else.
pub fn check_program(file: &[u8]) -> Result<()> {
    let header = parse(file)?.header;
    ensure!(
        header.e_machine == EM_AARCH64,
        "it is for another processor: {}",
        machine_to_str(header.e_machine)
    );
    ensure!(
        header.e_type == ET_EXEC,
        "it is no executable at fixed addresses, but of type {}: link it with -no-pie",
        et_to_str(header.e_type)
    );
    Ok(())
}

/// The number of bytes in the file that belong to loadable segments.
///
/// # Errors
///
/// Fails if `file` is not an ELF file.
pub fn loadable_bytes(file: &[u8]) -> Result<u64> {
    let elf = parse(file)?;
    let segments = elf.program_headers.iter();
    Ok(segments
        .filter(|segment| segment.p_type == PT_LOAD)
        .map(|segment| segment.p_filesz)
        .sum())
}

/// The loadable segments of an ELF file as they lie in memory, in whole pages; the gaps are zero.
///
/// # Errors
///
/// Fails if `file` is not an ELF file, has no loadable segment or is damaged.
pub fn flatten(file: &[u8]) -> Result<Vec<u8>> {
    let elf = parse(file)?;
    let segments: Vec<_> = elf
        .program_headers
        .iter()
        .filter(|segment| segment.p_type == PT_LOAD && segment.p_memsz > 0)
        .collect();
    let starts = segments.iter().map(|segment| segment.p_vaddr);
    let ends = segments
        .iter()
        .map(|segment| segment.p_vaddr.saturating_add(segment.p_memsz));
    let (Some(start), Some(end)) = (starts.min(), ends.max()) else {
        bail!("the ELF file has no loadable segment");
    };
    let start = start - start % PAGE_SIZE;
    let span = (end - start).next_multiple_of(PAGE_SIZE);
    if span > LARGEST_SPAN {
        bail!("the ELF file's segments span {span:#x} bytes");
    }
    let mut memory = vec![0; usize::try_from(span)?];
    for segment in segments {
        let content = file
            .get(segment.file_range())
            .context("a segment lies outside the ELF file")?;
        let offset = usize::try_from(segment.p_vaddr - start)?;
        memory
            .get_mut(offset..offset + content.len())
            .context("a segment is larger in the file than in memory")?
            .copy_from_slice(content);
    }
    Ok(memory)
}

/// The addresses of an ELF file's first executable segment.
///
/// # Errors
///
/// Fails if `file` is not an ELF file, or has no such segment.
pub fn code(file: &[u8]) -> Result<Range<u64>> {
    let elf = parse(file)?;
    let mut segments = elf.program_headers.iter();
    let code = segments.find(|segment| segment.p_type == PT_LOAD && segment.p_flags & PF_X != 0);
    let code = code.context("the ELF file has no executable segment")?;
    Ok(code.p_vaddr..code.p_vaddr.saturating_add(code.p_memsz))
}

/// The addresses of the function `name`, up to the next symbol.
///
/// # Errors
///
/// Fails if `file` is not an ELF file, or has no such symbol with another behind it.
pub fn function(file: &[u8], name: &str) -> Result<Range<u64>> {
    let elf = parse(file)?;
    let named = |name: &str| {
        let mut symbols = elf.syms.iter();
        symbols.find(|symbol| elf.strtab.get_at(symbol.st_name) == Some(name))
    };
    let start = named(name)
        .with_context(|| format!("the ELF file has no symbol {name:?}"))?
        .st_value;
    let behind = elf.syms.iter().map(|symbol| symbol.st_value);
    let end = behind.filter(|&address| address > start).min();
    Ok(start..end.with_context(|| format!("no symbol follows {name:?}"))?)
}

/// The content of an ELF file's loadable segments, one after the other.
///
/// # Errors
///
/// Fails if `file` is not an ELF file, or is damaged.
pub fn loadable_content(file: &[u8]) -> Result<Vec<u8>> {
    let elf = parse(file)?;
    let segments = elf.program_headers.iter();
    let contents = segments
        .filter(|segment| segment.p_type == PT_LOAD)
        .map(|segment| file.get(segment.file_range()))
        .collect::<Option<Vec<_>>>();
    Ok(contents
        .context("a segment lies outside the ELF file")?
        .concat())
}

/// An executable with one segment, `content` at `start`, whose first byte is the entry point.
pub fn executable(start: u64, content: &[u8]) -> Vec<u8> {
    program(start, start, content, content.len() as u64)
}

/// An executable with one segment: `content` and zeroes behind it, `memory_size` bytes together, at
/// the virtual address `start` and the physical address `phys`. Its first byte is the entry point.
pub fn program(start: u64, phys: u64, content: &[u8], memory_size: u64) -> Vec<u8> {
    /// Sizes of the file's header and of a program header.
    const HEADERS: [u16; 2] = [64, 56];
    const READ_EXECUTE: u32 = PF_R | PF_X;

    let [header, program_header] = HEADERS.map(u64::from);
    let offset = header + program_header;
    let size = content.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend([ET_EXEC, EM_AARCH64].map(u16::to_le_bytes).concat());
    file.extend(1u32.to_le_bytes());
    file.extend([start, header, 0].map(u64::to_le_bytes).concat());
    file.extend(0u32.to_le_bytes());
    file.extend(
        [HEADERS[0], HEADERS[1], 1, 0, 0, 0]
            .map(u16::to_le_bytes)
            .concat(),
    );
    file.extend([PT_LOAD, READ_EXECUTE].map(u32::to_le_bytes).concat());
    file.extend(
        [offset, start, phys, size, memory_size, 8]
            .map(u64::to_le_bytes)
            .concat(),
    );
    file.extend(content);
    file
}

fn parse(file: &[u8]) -> Result<Elf<'_>> {
    Elf::parse(file).context("failed to read an ELF file")
}
