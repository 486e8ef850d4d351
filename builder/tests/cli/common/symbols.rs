// SPDX-License-Identifier: BSD-2-Clause

//! Symbol tables for ELF files.

/// A symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbol {
    pub(crate) name: &'static str,
    pub(crate) start: u64,
    pub(crate) size: u64,
    /// `st_info`: binding and type.
    pub(crate) info: u8,
    /// Index of the section that it lies in.
    pub(crate) section: u16,
}

/// A section of code, and one of data.
pub(crate) const CODE: u16 = 1;
pub(crate) const DATA: u16 = 2;

const LOCAL: u8 = 0;
const GLOBAL: u8 = 1 << 4;
const OBJECT: u8 = 1;
const FUNCTION: u8 = 2;

impl Symbol {
    /// A function that other files know.
    pub(crate) fn global(name: &'static str, start: u64, size: u64) -> Self {
        Self {
            name,
            start,
            size,
            info: GLOBAL | FUNCTION,
            section: CODE,
        }
    }

    /// A function that other files don't know.
    pub(crate) fn local(name: &'static str, start: u64, size: u64) -> Self {
        Self {
            info: LOCAL | FUNCTION,
            ..Self::global(name, start, size)
        }
    }

    /// A symbol that is not a function.
    pub(crate) fn object(name: &'static str, start: u64, size: u64) -> Self {
        Self {
            info: GLOBAL | OBJECT,
            section: DATA,
            ..Self::global(name, start, size)
        }
    }
}

/// Size in bytes of a section header.
const SECTION_HEADER_SIZE: u16 = 64;

/// `file`, an ELF file without sections, with some: code at `code` and `symbols`.
pub(crate) fn add(mut file: Vec<u8>, code: (u64, u64), symbols: &[Symbol]) -> Vec<u8> {
    const PROGBITS: u32 = 1;
    const SYMTAB: u32 = 2;
    const STRTAB: u32 = 3;
    const ALLOCATED: u64 = 2;
    const EXECUTABLE: u64 = 4;

    let mut names = vec![0];
    let mut table = vec![0; 24];
    for symbol in symbols {
        table.extend((names.len() as u32).to_le_bytes());
        table.extend([symbol.info, 0]);
        table.extend(symbol.section.to_le_bytes());
        table.extend(symbol.start.to_le_bytes());
        table.extend(symbol.size.to_le_bytes());
        names.extend(symbol.name.bytes().chain([0]));
    }
    let table_offset = file.len() as u64;
    file.extend(&table);
    let names_offset = file.len() as u64;
    file.extend(&names);
    let headers_offset = file.len() as u64;
    let (start, size) = code;
    let [table_size, names_size] = [&table, &names].map(|bytes| bytes.len() as u64);
    // Type, flags, address, offset, size, link, size of an entry.
    let sections = [
        (0, 0, 0, 0, 0, 0, 0),
        (PROGBITS, ALLOCATED | EXECUTABLE, start, 0, size, 0, 0),
        (PROGBITS, ALLOCATED, start + size, 0, 0x1000, 0, 0),
        (SYMTAB, 0, 0, table_offset, table_size, 4, 24),
        (STRTAB, 0, 0, names_offset, names_size, 0, 0),
    ];
    for (kind, flags, address, offset, size, link, entry_size) in sections {
        file.extend([0, kind].map(u32::to_le_bytes).concat());
        file.extend(
            [flags, address, offset, size]
                .map(u64::to_le_bytes)
                .concat(),
        );
        file.extend([link, 0].map(u32::to_le_bytes).concat());
        file.extend([1, entry_size].map(u64::to_le_bytes).concat());
    }
    file[40..48].copy_from_slice(&headers_offset.to_le_bytes());
    file[58..60].copy_from_slice(&SECTION_HEADER_SIZE.to_le_bytes());
    file[60..62].copy_from_slice(&(sections.len() as u16).to_le_bytes());
    file
}
