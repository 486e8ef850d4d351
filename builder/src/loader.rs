// SPDX-License-Identifier: BSD-2-Clause

//! The loader, and its move to the address that it runs at.

use goblin::elf::dynamic::{DT_JMPREL, DT_REL, DT_RELA, DT_RELASZ};
use goblin::elf::header::{ELFMAG, ET_DYN, et_to_str};
use goblin::elf::note::NoteDataIterator;
use goblin::elf::program_header::{PT_DYNAMIC, PT_NOTE};
use goblin::elf::reloc::R_AARCH64_RELATIVE;
use kaal_payload::{LOADER_NOTE_NAME, LOADER_NOTE_TYPE, PAGE_SIZE, PhysAddr, VERSION};

use crate::elf::{Access, LAYOUT, Program, slice};
use crate::finding::{Finding, Origin};

/// Most bytes of memory that a loader may take: the size of a level 2 block.
const MAX_SIZE: u64 = 2 << 20;

/// Tag of relative relocations in their compact format.
const DT_RELR: u64 = 36;

/// Size in bytes of an `Elf64_Dyn`.
const DYNAMIC_ENTRY_SIZE: usize = 16;

/// Size in bytes of an `Elf64_Rela`.
const RELOCATION_SIZE: usize = 24;

/// Alignment of an ELF note.
const NOTE_ALIGNMENT: usize = 4;

/// What to do about a loader that isn't one.
const REMEDY: &str = "give the loader that `cargo xtask build` leaves at target/kaal/elfloader.elf";

/// A page-aligned part of the loader.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Offset in bytes from the load address.
    pub(crate) offset: u64,
    /// Size in bytes in memory.
    pub(crate) size: u64,
    /// The content, at most `size` bytes; the rest is zero.
    pub(crate) content: Vec<u8>,
    /// What the memory may be used for; never both writable and executable.
    pub(crate) access: Access,
}

/// A word that holds an address of the loader.
#[derive(Clone, Copy, Debug)]
struct Relocation {
    /// Index in [`Loader::parts`].
    part: usize,
    /// Offset in the part's content.
    offset: usize,
    /// What to add to the load address.
    addend: u64,
}

/// A position-independent loader.
#[derive(Clone, Debug)]
pub(crate) struct Loader {
    /// Offset in bytes of the entry point from the load address.
    pub(crate) entry: u64,
    /// Its parts, ascending.
    pub(crate) parts: Vec<Part>,
    relocations: Vec<Relocation>,
}

impl Loader {
    /// Reads the loader that `file` holds.
    pub(crate) fn read(origin: Origin<'_>, file: &[u8]) -> Result<Self, Finding> {
        let program = Program::read(origin, file)?;
        check_version(origin, &program)?;
        check_shape(origin, &program)?;
        let mut loader = Self {
            entry: program.entry,
            parts: program
                .segments
                .iter()
                .map(|segment| Part {
                    offset: segment.virt,
                    size: segment.size,
                    content: segment.content.to_vec(),
                    access: segment.access,
                })
                .collect(),
            relocations: Vec::new(),
        };
        let (relocations, entries) = find_relocations(origin, &program)?;
        loader.relocations = entries
            .chunks_exact(RELOCATION_SIZE)
            .map(|entry| loader.resolve(origin, entry))
            .collect::<Result<_, _>>()?;
        loader.forget(relocations, entries.len() as u64);
        for (start, size) in program.places(PT_DYNAMIC) {
            loader.forget(start, size);
        }
        if let Some(first) = loader.parts.first()
            && first.content.starts_with(ELFMAG)
        {
            loader.forget(0, program.headers_end);
        }
        Ok(loader)
    }

    /// Size in bytes in memory, rounded up to pages: where the payload header lies.
    pub(crate) fn size(&self) -> u64 {
        self.parts
            .last()
            .map_or(0, |part| part.offset + part.size)
            .next_multiple_of(PAGE_SIZE)
    }

    /// The parts with the relocations applied for the load address `base`.
    pub(crate) fn relocated(&self, base: PhysAddr) -> Vec<Part> {
        let mut parts = self.parts.clone();
        for relocation in &self.relocations {
            let value = base.0.wrapping_add(relocation.addend);
            let end = relocation.offset + size_of::<u64>();
            parts[relocation.part].content[relocation.offset..end]
                .copy_from_slice(&value.to_le_bytes());
        }
        parts
    }

    /// Zeroes `size` bytes at the offset `start`. They told how to load and link the loader, which
    /// the image need not: it stores no long runs of zeroes.
    fn forget(&mut self, start: u64, size: u64) {
        let bytes = start..start.saturating_add(size);
        for part in &mut self.parts {
            for (offset, byte) in (part.offset..).zip(&mut part.content) {
                if bytes.contains(&offset) {
                    *byte = 0;
                }
            }
        }
    }

    /// Finds the word that an `Elf64_Rela` is about.
    fn resolve(&self, origin: Origin<'_>, entry: &[u8]) -> Result<Relocation, Finding> {
        let (address, info, addend) = (word(entry, 0), word(entry, 8), word(entry, 16));
        if info != u64::from(R_AARCH64_RELATIVE) {
            return Err(origin
                .finding("it has relocations that need a dynamic linker")
                .expected(format!("R_AARCH64_RELATIVE ({R_AARCH64_RELATIVE}) only"))
                .found(format!("type {} at {address:#x}", info as u32))
                .remedy(REMEDY));
        }
        let place = self.parts.iter().enumerate().find_map(|(part, candidate)| {
            let offset = usize::try_from(address.checked_sub(candidate.offset)?).ok()?;
            let end = offset.checked_add(size_of::<u64>())?;
            (end <= candidate.content.len()).then_some((part, offset))
        });
        let (part, offset) = place.ok_or_else(|| {
            origin
                .finding("it has a relocation outside of its content")
                .expected("relocations of words that the file holds")
                .found(format!("a relocation at {address:#x}"))
                .remedy(REMEDY)
        })?;
        Ok(Relocation {
            part,
            offset,
            addend,
        })
    }
}

/// The little-endian word at `offset`; 0 where there is none.
fn word(bytes: &[u8], offset: usize) -> u64 {
    bytes
        .get(offset..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |word| u64::from_le_bytes(*word))
}

fn check_version(origin: Origin<'_>, program: &Program<'_>) -> Result<(), Finding> {
    let version = program
        .contents(PT_NOTE)
        .flat_map(|data| NoteDataIterator {
            data,
            size: data.len(),
            offset: 0,
            ctx: (NOTE_ALIGNMENT, LAYOUT),
        })
        .filter_map(Result::ok)
        .find(|note| note.name == LOADER_NOTE_NAME && note.n_type == LOADER_NOTE_TYPE)
        .and_then(|note| note.desc.first_chunk().copied())
        .map(u32::from_le_bytes);
    match version {
        Some(VERSION) => Ok(()),
        Some(version) => Err(origin
            .finding("a KaaL loader of another version")
            .expected(format!("payload version {VERSION}"))
            .found(format!("payload version {version}"))
            .remedy("take loader and builder from the same version of KaaL")),
        None => Err(origin
            .finding("not a KaaL loader")
            .expected(format!(
                "an ELF note of the owner {LOADER_NOTE_NAME:?}, type {LOADER_NOTE_TYPE}"
            ))
            .found("no such note")
            .remedy(REMEDY)),
    }
}

fn check_shape(origin: Origin<'_>, program: &Program<'_>) -> Result<(), Finding> {
    let wrong = |expected: &str, found: String| {
        origin
            .finding("a KaaL loader of the wrong shape")
            .expected(expected)
            .found(found)
            .remedy(REMEDY)
    };
    if program.kind != ET_DYN {
        return Err(wrong(
            "a static position-independent executable (DYN)",
            et_to_str(program.kind).to_owned(),
        ));
    }
    let start = program.segments.first().map_or(0, |segment| segment.virt);
    if start != 0 {
        return Err(wrong(
            "a first PT_LOAD at address 0",
            format!("one at {start:#x}"),
        ));
    }
    for segment in &program.segments {
        if !segment.virt.is_multiple_of(PAGE_SIZE) {
            return Err(wrong(
                "PT_LOADs that begin at multiples of 4096",
                format!("one at {:#x}", segment.virt),
            ));
        }
        if segment.access.is_writable() && segment.access.is_executable() {
            return Err(wrong(
                "no PT_LOAD both writable and executable",
                format!("one at {:#x}", segment.virt),
            ));
        }
    }
    if program.virt_end() > MAX_SIZE {
        return Err(wrong(
            "at most 2 MiB of memory",
            format!("{} bytes", program.virt_end()),
        ));
    }
    Ok(())
}

/// Address and bytes of `.rela.dyn`.
fn find_relocations<'a>(
    origin: Origin<'_>,
    program: &Program<'a>,
) -> Result<(u64, &'a [u8]), Finding> {
    let (mut start, mut size) = (0, 0);
    for entry in program
        .contents(PT_DYNAMIC)
        .flat_map(|dynamic| dynamic.chunks_exact(DYNAMIC_ENTRY_SIZE))
    {
        match word(entry, 0) {
            DT_RELA => start = word(entry, 8),
            DT_RELASZ => size = word(entry, 8),
            tag @ (DT_REL | DT_RELR | DT_JMPREL) => {
                return Err(origin
                    .finding("it has relocations of an unknown format")
                    .expected("relocations in DT_RELA only")
                    .found(format!("the dynamic tag {tag:#x}"))
                    .remedy(REMEDY));
            }
            _ => {}
        }
    }
    if size == 0 {
        return Ok((start, &[]));
    }
    program
        .segments
        .iter()
        .find_map(|segment| slice(segment.content, start.checked_sub(segment.virt)?, size))
        .map(|entries| (start, entries))
        .ok_or_else(|| {
            origin
                .finding("its relocations lie outside of its content")
                .expected("DT_RELA and DT_RELASZ within a PT_LOAD")
                .found(format!("{size} bytes at {start:#x}"))
                .remedy(REMEDY)
        })
}

#[cfg(test)]
mod tests {
    use super::{Loader, Part};
    use crate::elf::Access;

    #[test]
    fn what_is_forgotten_is_zero_and_nothing_else() {
        let part = |offset| Part {
            offset,
            size: 4,
            content: vec![1; 4],
            access: Access::READ,
        };
        let mut loader = Loader {
            entry: 0,
            parts: vec![part(0), part(8)],
            relocations: Vec::new(),
        };
        loader.forget(2, 7);
        loader.forget(11, u64::MAX);
        let contents = loader.parts.iter().map(|part| part.content.as_slice());
        assert_eq!(contents.collect::<Vec<_>>(), [[1, 1, 0, 0], [0, 1, 1, 0]]);
    }
}
