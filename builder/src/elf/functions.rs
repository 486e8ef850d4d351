// SPDX-License-Identifier: BSD-2-Clause

//! The functions in the symbol table of an ELF file.

use goblin::elf::Elf;
use goblin::elf::section_header::{SHF_EXECINSTR, SHN_LORESERVE, SectionHeader};
use goblin::elf::sym::{STB_GLOBAL, STT_FUNC, Sym};

use super::demangled::demangled;

/// A function of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Address of its first byte.
    pub(crate) start: u64,
    /// Address behind it, greater than `start`.
    pub(crate) end: u64,
    /// Its demangled name.
    pub(crate) name: String,
}

/// The functions of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Functions {
    /// In ascending order, disjoint.
    list: Vec<Function>,
}

impl Functions {
    /// Reads the functions of the ELF file `file`: none if it has no valid symbol table.
    pub(crate) fn read(file: &[u8]) -> Self {
        let Ok(elf) = Elf::parse(file) else {
            return Self::default();
        };
        let mut found: Vec<_> = elf
            .syms
            .iter()
            .filter(|symbol| symbol.st_type() == STT_FUNC)
            .filter_map(|symbol| {
                let name = elf.strtab.get_at(symbol.st_name)?;
                let code_end = code_behind(&elf.section_headers, &symbol)?;
                (!name.is_empty()).then_some((code_end, name, symbol))
            })
            .collect();
        // Several names for one address: prefer a global name.
        found.sort_by(|(_, name, symbol), (_, other_name, other)| {
            let is_local = |symbol: &Sym| symbol.st_bind() != STB_GLOBAL;
            let key = |symbol: &Sym| (symbol.st_value, is_local(symbol), symbol.st_size == 0);
            key(symbol).cmp(&key(other)).then(name.cmp(other_name))
        });
        found.dedup_by_key(|(_, _, symbol)| symbol.st_value);
        let mut list: Vec<Function> = Vec::with_capacity(found.len());
        for (code_end, name, symbol) in found {
            let start = symbol.st_value;
            if let Some(last) = list.last_mut() {
                last.end = last.end.min(start);
            }
            let end = match symbol.st_size {
                0 => code_end,
                size => start.saturating_add(size),
            };
            let name = demangled(name);
            list.push(Function { start, end, name });
        }
        Self { list }
    }

    /// Whether there are no functions.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The function that contains `address`.
    pub(crate) fn at(&self, address: u64) -> Option<&Function> {
        let behind = self
            .list
            .partition_point(|function| function.start <= address);
        let function = self.list.get(behind.checked_sub(1)?)?;
        (address < function.end).then_some(function)
    }

    /// The functions within `start..end`.
    pub(crate) fn between(&self, start: u64, end: u64) -> &[Function] {
        let first = self.list.partition_point(|function| function.start < start);
        let last = self.list.partition_point(|function| function.end <= end);
        self.list.get(first..last).unwrap_or_default()
    }
}

/// The end of the section that contains the code of `symbol`.
fn code_behind(sections: &[SectionHeader], symbol: &Sym) -> Option<u64> {
    let section = Some(symbol.st_shndx)
        .filter(|&index| index < SHN_LORESERVE as usize)
        .and_then(|index| sections.get(index))?;
    let end = section.sh_addr.checked_add(section.sh_size)?;
    let is_code = section.sh_flags & u64::from(SHF_EXECINSTR) != 0;
    (is_code && (section.sh_addr..end).contains(&symbol.st_value)).then_some(end)
}
