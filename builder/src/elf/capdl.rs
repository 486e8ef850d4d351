// SPDX-License-Identifier: BSD-2-Clause

//! Initialisers of rust-sel4, which create the objects in a capDL specification. A tool adds the specification and the
//! content of frames as segments, each with a program header of its own that also lies in memory (rust-sel4,
//! `crates/sel4-capdl-initializer` and `crates/sel4-phdrs/constants`).

use goblin::elf::program_header::ProgramHeader;
use goblin::elf::program_header::program_header64::SIZEOF_PHDR;
use memchr::memmem;

use super::{LAYOUT, Program, Segment};

/// `PT_SEL4_CAPDL_SPEC`
const SPECIFICATION: u32 = 0x64c3_4003;

/// `PT_SEL4_CAPDL_FRAME_DATA`
const FRAMES: u32 = 0x64c3_4004;

/// A text in each initialiser: the name of a module that logs.
const NAME: &[u8] = b"sel4_capdl_initializer::initialize";

/// What an initialiser creates objects from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Size in bytes of the specification.
    pub(crate) specification: u64,
    /// Size in bytes of the content of frames.
    pub(crate) frames: u64,
}

/// Whether `program` is an initialiser that lacks a specification, and would panic.
pub(crate) fn lacks_specification(program: &Program<'_>) -> bool {
    let is_initialiser = |segment: &Segment<'_>| memmem::find(segment.content, NAME).is_some();
    program.contents(SPECIFICATION).next().is_none() && program.segments.iter().any(is_initialiser)
}

/// The parts of the initialiser in `memory`, a root task at the virtual address `virt`. `None` if it is another program.
pub(crate) fn parts(memory: &[u8], virt: u64) -> Option<Parts> {
    let find = |kind: u32| {
        let kind = kind.to_le_bytes();
        let mut places = memmem::find_iter(memory, &kind);
        places.find_map(|place| {
            let header = memory.get(place..place.checked_add(SIZEOF_PHDR)?)?;
            let header = ProgramHeader::parse(header, 0, 1, LAYOUT).ok()?.pop()?;
            let start = header.p_vaddr.checked_sub(virt)?;
            let end = start.checked_add(header.p_memsz)?;
            let is_sound = end <= memory.len() as u64 && header.p_filesz == header.p_memsz;
            is_sound.then_some(header.p_memsz)
        })
    };
    Some(Parts {
        specification: find(SPECIFICATION)?,
        frames: find(FRAMES).unwrap_or(0),
    })
}
