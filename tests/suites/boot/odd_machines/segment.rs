// SPDX-License-Identifier: BSD-2-Clause

//! Makes a root task large.

use anyhow::{Context, Result};
use goblin::elf::Elf;
use goblin::elf::program_header::{PF_R, PF_W, PT_LOAD};
use kaal_payload::PAGE_SIZE;

/// Offsets in an ELF file's header: of the place of its program headers, and of their number
/// (`e_phoff`, `e_phnum`).
const TABLE: usize = 32;
const COUNT: usize = 56;

/// The ELF file `file` with another segment behind the others: `size` bytes that begin with
/// `content`.
pub(super) fn with_segment(file: &[u8], content: &[u8], size: usize) -> Result<Vec<u8>> {
    let elf = Elf::parse(file)?;
    let segments = elf.program_headers.iter();
    let end = segments
        .map(|segment| segment.p_vaddr + segment.p_memsz)
        .max();
    let address = end.context("no segment")?.next_multiple_of(PAGE_SIZE);
    let table = usize::try_from(elf.header.e_phoff)?;
    let table_size = usize::from(elf.header.e_phnum * elf.header.e_phentsize);
    let table = file.get(table..table + table_size).context("truncated")?;

    // At the end, because there is no room in front: the content, then all headers.
    let mut large = [file, content].concat();
    let end = (large.len() as u64).to_le_bytes();
    large[TABLE..TABLE + 8].copy_from_slice(&end);
    large[COUNT..COUNT + 2].copy_from_slice(&(elf.header.e_phnum + 1).to_le_bytes());
    large.extend_from_slice(table);
    for word in [PT_LOAD, PF_R | PF_W] {
        large.extend_from_slice(&word.to_le_bytes());
    }
    let (stored, size, alignment) = (content.len() as u64, size as u64, 1);
    for word in [file.len() as u64, address, address, stored, size, alignment] {
        large.extend_from_slice(&word.to_le_bytes());
    }
    Ok(large)
}
