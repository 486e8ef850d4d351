// SPDX-License-Identifier: BSD-2-Clause

//! Finds and adds segments of a packed image that is an ELF file.

use anyhow::{Context, Result};
use goblin::elf::program_header::PT_LOAD;
use goblin::elf::{Elf, ProgramHeader};

use crate::image::Image;

/// The segment at `address`, and the place of its program header.
pub(crate) fn segment_at(image: &[u8], address: u64) -> Result<(usize, ProgramHeader)> {
    let elf = Elf::parse(image)?;
    let index = elf
        .program_headers
        .iter()
        .position(|segment| {
            (segment.p_paddr..segment.p_paddr + segment.p_filesz).contains(&address)
        })
        .with_context(|| format!("nothing is loaded to {address:#x}"))?;
    let segment = elf.program_headers[index].clone();
    Ok((header_offset(image, index)?, segment))
}

/// The place in the file of what is loaded to `address`.
pub(crate) fn offset_of(image: &[u8], address: u64) -> Result<usize> {
    let (_, segment) = segment_at(image, address)?;
    Ok(usize::try_from(
        address - segment.p_paddr + segment.p_offset,
    )?)
}

/// `size` bytes of memory at `address`, which are zero where nothing is loaded.
pub(crate) fn memory(image: &[u8], address: u64, size: usize) -> Result<Vec<u8>> {
    let mut memory = vec![0; size];
    for segment in Elf::parse(image)?.program_headers {
        let content = image.get(segment.file_range());
        let content = content.context("a segment lies outside of the file")?;
        for (place, &byte) in (segment.p_paddr..).zip(content) {
            let place = place
                .checked_sub(address)
                .map(usize::try_from)
                .transpose()?;
            if let Some(place) = place.and_then(|place| memory.get_mut(place)) {
                *place = byte;
            }
        }
    }
    Ok(memory)
}

/// The address to which the file's byte at `offset` is loaded.
pub(crate) fn address_of(image: &[u8], offset: usize) -> Result<u64> {
    let segments = Elf::parse(image)?.program_headers;
    let mut segments = segments.iter();
    let segment = segments.find(|segment| segment.file_range().contains(&offset));
    let segment = segment.with_context(|| format!("the byte at {offset:#x} is not loaded"))?;
    Ok(offset as u64 - segment.p_offset + segment.p_paddr)
}

/// The place of the program header with this index.
pub(crate) fn header_offset(file: &[u8], index: usize) -> Result<usize> {
    let header = Elf::parse(file)?.header;
    Ok(usize::try_from(header.e_phoff)? + index * usize::from(header.e_phentsize))
}

/// Makes the boot loader also load `content` to `address`, with a new segment. If another segment clears that memory,
/// the new one takes over the rest of it.
pub(crate) fn load(image: &Image, address: u64, content: &[u8]) -> Result<()> {
    image.change(|bytes| {
        let mut segments = Elf::parse(bytes)?.program_headers;
        let size = content.len() as u64;
        let mut added = ProgramHeader {
            p_type: PT_LOAD,
            p_offset: bytes.len() as u64,
            p_vaddr: address,
            p_paddr: address,
            p_filesz: size,
            p_memsz: size,
            ..ProgramHeader::default()
        };
        bytes.extend_from_slice(content);
        let cleared = segments.iter_mut().find(|segment| {
            (segment.p_paddr + segment.p_filesz..segment.p_paddr + segment.p_memsz)
                .contains(&address)
        });
        if let Some(cleared) = cleared {
            let kept = address - cleared.p_paddr;
            added.p_memsz = cleared.p_memsz - kept;
            cleared.p_memsz = kept;
        }
        segments.push(added);

        let (offset, count) = (bytes.len().next_multiple_of(8), segments.len());
        bytes.resize(offset, 0);
        for segment in segments {
            bytes.extend(program_header(&segment));
        }
        // e_phoff and e_phnum
        bytes[32..40].copy_from_slice(&(offset as u64).to_le_bytes());
        bytes[56..58].copy_from_slice(&u16::try_from(count)?.to_le_bytes());
        Ok(())
    })
}

/// An `Elf64_Phdr`.
fn program_header(segment: &ProgramHeader) -> Vec<u8> {
    let kind = [segment.p_type, segment.p_flags].map(u32::to_le_bytes);
    let numbers = [
        segment.p_offset,
        segment.p_vaddr,
        segment.p_paddr,
        segment.p_filesz,
        segment.p_memsz,
        segment.p_align,
    ];
    [
        kind.as_flattened(),
        numbers.map(u64::to_le_bytes).as_flattened(),
    ]
    .concat()
}
