// SPDX-License-Identifier: BSD-2-Clause

//! Programs whose functions and objects have names.

use super::elf::Elf;

/// Type, flags, address, offset, size and link of a section.
type Section = (u32, u64, u64, u64, u64, u32);

const PROGBITS: u32 = 1;
const SYMTAB: u32 = 2;
const STRTAB: u32 = 3;
const GLOBAL_FUNCTION: u8 = 0x12;

const SYMBOL_SIZE: usize = 24;
const SECTION_HEADER_SIZE: u16 = 64;

/// The file of `program`, whose first segment is a section with the functions `symbols`: name, start
/// and size.
pub(crate) fn file(program: &Elf, symbols: &[(&str, u64, u64)]) -> Vec<u8> {
    let mut file = program.to_bytes();
    let mut names = vec![0];
    let mut table = vec![0; SYMBOL_SIZE];
    for (name, start, size) in symbols {
        table.extend((names.len() as u32).to_le_bytes());
        table.extend([GLOBAL_FUNCTION, 0, 1, 0]);
        table.extend([*start, *size].map(u64::to_le_bytes).concat());
        names.extend(name.bytes().chain([0]));
    }
    let code = &program.headers[0];
    let code_offset = Elf::HEADER_SIZE + program.headers.len() * Elf::PROGRAM_HEADER_SIZE;
    let mut append = |bytes: &[u8]| {
        let offset = file.len() as u64;
        file.extend(bytes);
        (offset, bytes.len() as u64)
    };
    let (table_offset, table_size) = append(&table);
    let (names_offset, names_size) = append(&names);
    let code_size = code.content.len() as u64;
    let sections: [Section; 4] = [
        (0, 0, 0, 0, 0, 0),
        (PROGBITS, 6, code.virt, code_offset as u64, code_size, 0),
        (SYMTAB, 0, 0, table_offset, table_size, 3),
        (STRTAB, 0, 0, names_offset, names_size, 0),
    ];
    let mut headers = Vec::new();
    for (kind, flags, address, offset, size, link) in sections {
        headers.extend([0, kind].map(u32::to_le_bytes).concat());
        headers.extend(
            [flags, address, offset, size]
                .map(u64::to_le_bytes)
                .concat(),
        );
        headers.extend([link, 0].map(u32::to_le_bytes).concat());
        headers.extend([1, SYMBOL_SIZE as u64].map(u64::to_le_bytes).concat());
    }
    let (headers_offset, _) = append(&headers);
    file[40..48].copy_from_slice(&headers_offset.to_le_bytes());
    file[58..60].copy_from_slice(&SECTION_HEADER_SIZE.to_le_bytes());
    file[60..62].copy_from_slice(&(sections.len() as u16).to_le_bytes());
    file
}
