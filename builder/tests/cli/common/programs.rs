// SPDX-License-Identifier: BSD-2-Clause

//! Programs of the shapes that loaders, kernels and root tasks have.

use kaal_payload::{
    LOADER_NOTE_TYPE, PACKAGE_VERSION, RELOCATIONS_NOTE_TYPE, STUB_NOTE_TYPE, TRUST_NOTE_TYPE,
    TrustAnchor, UNPACKER_NOTE_TYPE, VERSION,
};
use zerocopy::IntoBytes;

use super::elf::{Elf, ProgramHeader};

const PT_NOTE: u32 = 4;

/// Virtual minus physical address of an ordinary kernel, and of one with hypervisor support.
pub(crate) const ORDINARY_BASE: u64 = 0xffff_ff80_0000_0000;
pub(crate) const HYPERVISOR_BASE: u64 = 0x80_0000_0000;

/// Where the kernels are linked for: the start of RAM.
pub(crate) const KERNEL: u64 = 0x4000_0000;

/// Where the variables of [`loader`] lie.
const VARIABLES: u64 = 0x2000;

/// Where the word of them lies that is relocated, and the address that it holds.
pub(crate) const RELOCATED: u64 = VARIABLES + 8;
pub(crate) const ADDEND: u64 = 0x1010;

/// `size` bytes, none of them zero.
pub(crate) fn filled(size: usize) -> Vec<u8> {
    (1..=251).cycle().take(size).collect()
}

/// A loader of 0x3800 bytes with the contract's version `version`, and a relocation.
pub(crate) fn loader_of_version(version: u32) -> Elf {
    loader_with(relocation(RELOCATED), 0, note(LOADER_NOTE_TYPE, version))
}

/// A loader.
pub(crate) fn loader() -> Elf {
    loader_of_version(VERSION)
}

/// A loader with a relocation at the offset `place`.
pub(crate) fn loader_with_relocation(place: u64) -> Elf {
    loader_with(relocation(place), 0, note(LOADER_NOTE_TYPE, VERSION))
}

/// An unpacker of 0x3800 bytes, 0x2020 of them not zero, with the contract's version `version`. It
/// begins with what may be the header of an ELF file.
pub(crate) fn unpacker_of_version(version: u32) -> Elf {
    let mut start = b"\x7fELF".to_vec();
    start.resize(Elf::HEADER_SIZE, 0x5a);
    start.extend(relocation(RELOCATED));
    loader_with(
        start,
        Elf::HEADER_SIZE as u64,
        note(UNPACKER_NOTE_TYPE, version),
    )
}

/// An unpacker.
pub(crate) fn unpacker() -> Elf {
    unpacker_of_version(PACKAGE_VERSION)
}

/// An unpacker of 0x100 bytes.
pub(crate) fn tiny_unpacker() -> Elf {
    tiny(UNPACKER_NOTE_TYPE)
}

/// A UEFI stub of 0x100 bytes.
pub(crate) fn efi_stub() -> Elf {
    tiny(STUB_NOTE_TYPE)
}

/// A program of 0x100 bytes without relocations.
fn tiny(kind: u32) -> Elf {
    let mut content = b"\x7fELF".to_vec();
    content.extend(filled(0xfc));
    let notes = [note(kind, PACKAGE_VERSION), relocations_note(0, 0)].concat();
    Elf::new(
        Elf::DYN,
        0x80,
        vec![
            ProgramHeader::load(ProgramHeader::READ_EXECUTE, 0, content, 0x100),
            ProgramHeader::other(PT_NOTE, notes),
        ],
    )
}

/// A loader for signed images, with a place for whom it trusts.
pub(crate) fn loader_of_signed_images() -> Elf {
    let trust = note_with(TRUST_NOTE_TYPE, TrustAnchor::NONE.as_bytes());
    let notes = [trust, note(LOADER_NOTE_TYPE, VERSION)].concat();
    // Behind what the builder takes for relocations, and zeroes.
    let place: u64 = 0x40;
    let mut start = relocation(RELOCATED);
    start.resize(place as usize, 0);
    start.extend(&notes);
    let mut loader = loader_with(start, 0, notes);
    for header in &mut loader.headers {
        if header.kind == PT_NOTE {
            header.virt = place;
        }
    }
    loader
}

/// A program that begins with `start`, at whose offset `relocations` there is one.
fn loader_with(mut start: Vec<u8>, relocations: u64, note: Vec<u8>) -> Elf {
    // Room for what the builder writes in place of an ELF header.
    start.resize(start.len().max(Elf::HEADER_SIZE), 0);
    let size = start.len() as u64;
    let table_size = size_of::<u64>() as u32;
    let notes = [note, relocations_note(relocations as u32, table_size)].concat();
    let mut variables = filled(0x20);
    variables[(RELOCATED - VARIABLES) as usize..][..8].copy_from_slice(&ADDEND.to_le_bytes());
    Elf::new(
        Elf::DYN,
        0x1008,
        vec![
            ProgramHeader::load(ProgramHeader::READ, 0, start, size),
            ProgramHeader::load(ProgramHeader::READ_EXECUTE, 0x1000, filled(0x40), 0x40),
            ProgramHeader::load(ProgramHeader::READ_WRITE, VARIABLES, variables, 0x1800),
            ProgramHeader::other(PT_NOTE, notes),
        ],
    )
}

/// A table with one relocation.
fn relocation(place: u64) -> Vec<u8> {
    place.to_le_bytes().to_vec()
}

/// The note that names a table of relocations.
fn relocations_note(offset: u32, size: u32) -> Vec<u8> {
    let table = [offset, size].map(u32::to_le_bytes);
    note_with(RELOCATIONS_NOTE_TYPE, table.as_flattened())
}

fn note(kind: u32, version: u32) -> Vec<u8> {
    note_with(kind, &version.to_le_bytes())
}

fn note_with(kind: u32, content: &[u8]) -> Vec<u8> {
    let mut note = Vec::new();
    for word in [5, content.len() as u32, kind] {
        note.extend(u32::to_le_bytes(word));
    }
    note.extend(b"KaaL\0\0\0\0");
    note.extend(content);
    note
}

/// Size in bytes of [`kernel`] in memory.
pub(crate) const KERNEL_SIZE: u64 = 0x23d000;

/// A kernel as GNU ld makes it: one segment, most of it not in the file.
pub(crate) fn kernel(base: u64) -> Elf {
    kernel_at(base, KERNEL)
}

/// A kernel that is linked for the physical address `start`.
pub(crate) fn kernel_at(base: u64, start: u64) -> Elf {
    let segment = ProgramHeader::load(
        ProgramHeader::READ_WRITE_EXECUTE,
        base + start,
        filled(0x1234),
        KERNEL_SIZE,
    );
    Elf::new(Elf::EXEC, base + start, vec![segment.at(start)])
}

/// A kernel as lld makes it: five segments that share pages, the last not in the file.
pub(crate) fn kernel_of_five_segments(base: u64) -> Elf {
    let segments = [
        (ProgramHeader::READ_EXECUTE, 0, 0x1000, 0x1000),
        (ProgramHeader::READ_EXECUTE, 0x1000, 0x268, 0x268),
        (ProgramHeader::READ, 0x1268, 0x100, 0x100),
        (ProgramHeader::READ_WRITE, 0x1378, 0x88, 0x88),
        (ProgramHeader::READ_WRITE, 0x1800, 0, 0x20d800),
    ];
    let headers = segments.map(|(flags, offset, content, size)| {
        ProgramHeader::load(flags, base + KERNEL + offset, filled(content), size)
            .at(KERNEL + offset)
    });
    Elf::new(Elf::EXEC, base + KERNEL, headers.to_vec())
}

/// A root task: text and data, with a gap between.
pub(crate) fn app() -> Elf {
    app_at(0x20_0000)
}

/// A root task at `virt`.
pub(crate) fn app_at(virt: u64) -> Elf {
    Elf::new(
        Elf::EXEC,
        virt + 0x20,
        vec![
            ProgramHeader::load(ProgramHeader::READ_EXECUTE, virt, filled(0x123), 0x123),
            ProgramHeader::load(
                ProgramHeader::READ_WRITE,
                virt + 0x1128,
                filled(0x10),
                0x4020,
            ),
        ],
    )
}
