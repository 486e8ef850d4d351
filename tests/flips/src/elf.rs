// SPDX-License-Identifier: BSD-2-Clause

//! Loads ELF files like QEMU, which checks less than other boot loaders (QEMU 7.2, `include/hw/elf_ops.h`, `load_elf`,
//! and `hw/core/loader.c`). This checks even less: it skips missing memory, and lets segments overlap.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// The magic number, the class (64 bits) and the byte order (little-endian).
const IDENTITY: [u8; 6] = *b"\x7fELF\x02\x01";

/// `EM_AARCH64`
const AARCH64: u16 = 183;

/// `PT_LOAD`
const LOAD: u32 = 1;

/// `PF_X`
const EXECUTABLE: u32 = 1;

#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Header {
    identity: [u8; 6],
    _rest_of_identity: [u8; 10],
    _kind: U16,
    machine: U16,
    _version: U32,
    entry: U64,
    segments_offset: U64,
    _sections_offset: U64,
    _flags: U32,
    _header_size: U16,
    _segment_size: U16,
    segment_count: U16,
    _sections: [U16; 3],
}

#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct ProgramHeader {
    kind: U32,
    flags: U32,
    offset: U64,
    virt: U64,
    phys: U64,
    file_size: U64,
    memory_size: U64,
    _alignment: U64,
}

/// A segment to load: bytes of the file, then zeroes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Offset of its content in the file.
    pub(crate) offset: usize,
    /// Size of its content.
    pub(crate) file_size: usize,
    /// Physical address.
    pub(crate) address: u64,
    /// Size in memory, which may be less than that of the content.
    pub(crate) memory_size: u64,
}

/// Number of bytes at the start of the file that hold its headers.
pub(crate) fn headers_size(file: &[u8]) -> Option<usize> {
    let (header, _) = Header::ref_from_prefix(file).ok()?;
    let segments = usize::from(header.segment_count.get()) * size_of::<ProgramHeader>();
    Some(usize::try_from(header.segments_offset.get()).ok()? + segments)
}

/// Calls `load` for each segment of `file`, and returns the entry point; `None` if the file can't be loaded.
pub(crate) fn load(file: &[u8], mut load: impl FnMut(Segment)) -> Option<u64> {
    let (header, _) = Header::ref_from_prefix(file).ok()?;
    if header.identity != IDENTITY || header.machine.get() != AARCH64 {
        return None;
    }
    let table = usize::try_from(header.segments_offset.get()).ok()?;
    let count = usize::from(header.segment_count.get());
    let (segments, _) =
        <[ProgramHeader]>::ref_from_prefix_with_elems(file.get(table..)?, count).ok()?;
    let mut entry = header.entry.get();
    for segment in segments.iter().filter(|segment| segment.kind.get() == LOAD) {
        let offset = usize::try_from(segment.offset.get()).ok()?;
        let size = usize::try_from(segment.file_size.get()).ok()?;
        if size > 0 {
            file.get(offset..offset.checked_add(size)?)?;
        }
        let (virt, phys) = (segment.virt.get(), segment.phys.get());
        let into = header.entry.get().wrapping_sub(virt);
        if virt != phys && into < size as u64 && segment.flags.get() & EXECUTABLE != 0 {
            entry = phys.wrapping_add(into);
        }
        load(Segment {
            offset,
            file_size: size,
            address: phys,
            memory_size: segment.memory_size.get(),
        });
    }
    Some(entry)
}
