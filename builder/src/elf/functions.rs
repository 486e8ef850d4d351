// SPDX-License-Identifier: BSD-2-Clause

//! The functions of a program, as the symbol table in its ELF file names them.
//!
//! Of the file, only the sections are read that tell them: the debug information beside is often many
//! times larger than the program.

use std::io::{self, Read, Seek, SeekFrom};

use goblin::elf::header::{EI_CLASS, EI_DATA, ELFCLASS64, ELFDATA2LSB, ELFMAG};
use goblin::elf::section_header::{SHF_EXECINSTR, SHN_LORESERVE, SHT_SYMTAB, SectionHeader};
use goblin::elf::sym::{STB_GLOBAL, STT_FUNC, Sym};

use super::demangled::demangled;
use super::{HEADER_SIZE, LAYOUT};

/// Size in bytes of a section header.
const SECTION_HEADER_SIZE: u64 = 64;

/// Size in bytes of a symbol.
const SYMBOL_SIZE: u64 = 24;

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its first address.
    pub(crate) start: u64,
    /// The address behind it, above the first one.
    pub(crate) end: u64,
    /// Its name: as in the source, for Rust with the path to it.
    pub(crate) name: String,
}

/// The functions of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Functions {
    /// Ascending and disjoint.
    list: Vec<Function>,
}

impl Functions {
    /// Reads the functions of an ELF file for AArch64. There are none where it has no symbol table, or
    /// one that can't be understood.
    ///
    /// # Errors
    ///
    /// Returns an error where `file` can't be read.
    pub fn read(file: &mut (impl Read + Seek)) -> io::Result<Self> {
        let size = file.seek(SeekFrom::End(0))?;
        let mut file = Bounded { file, size };
        let sections = file.sections()?;
        let tables = sections
            .iter()
            .find(|section| section.sh_type == SHT_SYMTAB)
            .and_then(|symbols| Some((symbols, sections.get(symbols.sh_link as usize)?)));
        let Some((symbols, names)) = tables else {
            return Ok(Self::default());
        };
        let symbols = file.bytes(symbols.sh_offset, symbols.sh_size)?;
        let names = file.bytes(names.sh_offset, names.sh_size)?;
        Ok(Self::new(&sections, &symbols, &names))
    }

    fn new(sections: &[SectionHeader], symbols: &[u8], names: &[u8]) -> Self {
        let count = symbols.len() / SYMBOL_SIZE as usize;
        let symbols = Sym::parse(symbols, 0, count, LAYOUT).unwrap_or_default();
        let mut found: Vec<_> = symbols
            .iter()
            .filter(|symbol| symbol.st_type() == STT_FUNC)
            .filter_map(|symbol| {
                Some((code_behind(sections, symbol)?, name(names, symbol)?, symbol))
            })
            .collect();
        // Of several names for one address, that which other files know goes first.
        found.sort_by(|(_, name, symbol), (_, other_name, other)| {
            let is_local = |symbol: &Sym| symbol.st_bind() != STB_GLOBAL;
            let key = |symbol: &Sym| (symbol.st_value, is_local(symbol), symbol.st_size == 0);
            key(symbol).cmp(&key(other)).then(name.cmp(other_name))
        });
        found.dedup_by_key(|(_, _, symbol)| symbol.st_value);
        let next: Vec<_> = found
            .iter()
            .skip(1)
            .map(|(_, _, symbol)| symbol.st_value)
            .collect();
        let next = next.into_iter().chain([u64::MAX]);
        let list = found
            .into_iter()
            .zip(next)
            .map(|((code_end, name, symbol), next)| Function {
                start: symbol.st_value,
                end: match symbol.st_size {
                    0 => code_end,
                    size => symbol.st_value.saturating_add(size),
                }
                .min(next),
                name: demangled(name),
            })
            .collect();
        Self { list }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The function that `address` lies in.
    pub(crate) fn at(&self, address: u64) -> Option<&Function> {
        let behind = self
            .list
            .partition_point(|function| function.start <= address);
        let function = self.list.get(behind.checked_sub(1)?)?;
        (address < function.end).then_some(function)
    }

    /// The functions that lie from `start` up to `end`.
    pub(crate) fn between(&self, start: u64, end: u64) -> &[Function] {
        let first = self.list.partition_point(|function| function.start < start);
        let last = self.list.partition_point(|function| function.end <= end);
        self.list.get(first..last).unwrap_or_default()
    }
}

/// The end of the code that `symbol` lies in.
fn code_behind(sections: &[SectionHeader], symbol: &Sym) -> Option<u64> {
    let section = Some(symbol.st_shndx)
        .filter(|&index| index < SHN_LORESERVE as usize)
        .and_then(|index| sections.get(index))?;
    let end = section.sh_addr.checked_add(section.sh_size)?;
    let is_code = section.sh_flags & u64::from(SHF_EXECINSTR) != 0;
    (is_code && (section.sh_addr..end).contains(&symbol.st_value)).then_some(end)
}

fn name<'a>(names: &'a [u8], symbol: &Sym) -> Option<&'a str> {
    let name = names
        .get(symbol.st_name..)?
        .split(|&byte| byte == 0)
        .next()?;
    str::from_utf8(name).ok().filter(|name| !name.is_empty())
}

/// A file of known size: no damaged number makes more of it be read than there is.
struct Bounded<'a, F> {
    file: &'a mut F,
    size: u64,
}

impl<F: Read + Seek> Bounded<'_, F> {
    /// `size` bytes from `offset`; none where there are not as many.
    fn bytes(&mut self, offset: u64, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if offset.checked_add(size).is_some_and(|end| end <= self.size) {
            self.file.seek(SeekFrom::Start(offset))?;
            bytes.reserve_exact(size as usize);
            self.file.take(size).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// The section headers; none where the file is no program for AArch64.
    fn sections(&mut self) -> io::Result<Vec<SectionHeader>> {
        let start = self.bytes(0, HEADER_SIZE as u64)?;
        let is_known = start.starts_with(ELFMAG)
            && start.get(EI_CLASS) == Some(&ELFCLASS64)
            && start.get(EI_DATA) == Some(&ELFDATA2LSB);
        let header = match goblin::elf::Elf::parse_header(&start) {
            Ok(header) if is_known => header,
            _ => return Ok(Vec::new()),
        };
        let count = header.e_shnum.into();
        let table = self.bytes(header.e_shoff, count as u64 * SECTION_HEADER_SIZE)?;
        Ok(SectionHeader::parse_from(&table, 0, count, LAYOUT).unwrap_or_default())
    }
}
