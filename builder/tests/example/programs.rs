// SPDX-License-Identifier: BSD-2-Clause

// The least programs that an image can be made of, for the example in the library's documentation, which includes
// this file: it has no module documentation for that reason.

/// A segment: kind, permissions, virtual and physical address, content, size in memory.
type Segment<'a> = (u32, u32, u64, u64, &'a [u8], u64);

/// An ELF file for AArch64.
fn program(kind: u16, entry: u64, segments: &[Segment<'_>]) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    for half in [kind, 183, 1, 0] {
        file.extend(half.to_le_bytes());
    }
    for word in [entry, 64, 0] {
        file.extend(word.to_le_bytes());
    }
    for half in [0, 0, 64, 56, segments.len() as u16, 0, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    let mut offset = file.len() + 56 * segments.len();
    for (kind, permissions, virt, phys, content, size) in segments {
        file.extend(kind.to_le_bytes());
        file.extend(permissions.to_le_bytes());
        for word in [offset as u64, *virt, *phys, content.len() as u64, *size, 1] {
            file.extend(word.to_le_bytes());
        }
        offset += content.len();
    }
    for segment in segments {
        file.extend(segment.4);
    }
    file
}

fn loader() -> Vec<u8> {
    let version = kaal_elfloader_builder::kaal_payload::VERSION.to_le_bytes();
    let kind = kaal_elfloader_builder::kaal_payload::LOADER_NOTE_TYPE.to_le_bytes();
    let relocations = kaal_elfloader_builder::kaal_payload::RELOCATIONS_NOTE_TYPE.to_le_bytes();
    let note = [
        b"\x05\0\0\0\x04\0\0\0",
        &kind[..],
        b"KaaL\0\0\0\0",
        &version,
        b"\x05\0\0\0\x08\0\0\0",
        &relocations,
        b"KaaL\0\0\0\0",
        &[0; 8],
    ]
    .concat();
    // A loader's first segment begins with the file's own header.
    let mut content = b"\x7fELF".to_vec();
    content.resize(0x80, 1);
    let text = (1, 5, 0, 0, &content[..], 0x80);
    program(3, 0x40, &[text, (4, 4, 0, 0, &note, note.len() as u64)])
}

fn kernel() -> Vec<u8> {
    let start = 0xffff_ff80_4000_0000;
    program(
        2,
        start,
        &[(1, 7, start, 0x4000_0000, &[1; 0x40], 0x4_0000)],
    )
}

fn app() -> Vec<u8> {
    program(
        2,
        0x20_0000,
        &[(1, 5, 0x20_0000, 0x20_0000, &[1; 0x40], 0x40)],
    )
}
