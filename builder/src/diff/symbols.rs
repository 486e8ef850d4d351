// SPDX-License-Identifier: BSD-2-Clause

//! Programs compared by functions and objects.

use std::collections::BTreeMap;

use goblin::elf::Elf;
use goblin::elf::section_header::SHT_NOBITS;
use goblin::elf::sym::{STT_FUNC, STT_OBJECT};
use rustc_demangle::demangle;

/// Most symbols of a kind of difference that are named.
const NAMED: usize = 12;

/// The functions and objects of a program: their content, empty where it isn't in the file, by name
/// and by which one of that name it is.
pub(super) struct Symbols(BTreeMap<(String, usize), Symbol>);

struct Symbol {
    size: u64,
    content: Vec<u8>,
}

/// The symbols of the program in `file`; `None` where that is no ELF file.
pub(super) fn read(file: &[u8]) -> Option<Symbols> {
    let elf = Elf::parse(file).ok()?;
    let mut symbols: Vec<_> = elf
        .syms
        .iter()
        .filter(|symbol| matches!(symbol.st_type(), STT_FUNC | STT_OBJECT) && symbol.st_size > 0)
        .collect();
    symbols.sort_by_key(|symbol| symbol.st_value);
    let mut found = BTreeMap::new();
    let mut counts = BTreeMap::<String, usize>::new();
    for symbol in symbols {
        let mangled = elf.strtab.get_at(symbol.st_name).unwrap_or_default();
        let name = format!("{:#}", demangle(mangled));
        let count = counts.entry(name.clone()).or_default();
        let content = content(&elf, file, symbol.st_shndx, symbol.st_value, symbol.st_size);
        let symbol = Symbol {
            size: symbol.st_size,
            content: content.unwrap_or_default().to_vec(),
        };
        found.insert((name, *count), symbol);
        *count += 1;
    }
    Some(Symbols(found))
}

/// The bytes that the file has of the memory of a symbol.
fn content<'a>(
    elf: &Elf<'_>,
    file: &'a [u8],
    section: usize,
    address: u64,
    size: u64,
) -> Option<&'a [u8]> {
    let section = elf.section_headers.get(section)?;
    if section.sh_type == SHT_NOBITS {
        return None;
    }
    let offset = address.checked_sub(section.sh_addr)?;
    let start = usize::try_from(section.sh_offset.checked_add(offset)?).ok()?;
    file.get(start..start.checked_add(usize::try_from(size).ok()?)?)
}

/// What differs, in words: the names that only one side has, then those that differ in size, then
/// those that differ in content.
pub(super) fn compare(one: &Symbols, other: &Symbols) -> Vec<String> {
    let only = |here: &Symbols, there: &Symbols, side: &str| {
        let names = here
            .0
            .iter()
            .filter(|(name, _)| !there.0.contains_key(name));
        let lines = names.map(|((name, _), symbol)| {
            format!("{name}: only in the {side}, {} bytes", symbol.size)
        });
        lines.collect::<Vec<_>>()
    };
    let both = || {
        let pairs = one.0.iter();
        pairs.filter_map(|(name, symbol)| Some((&name.0, symbol, other.0.get(name)?)))
    };
    let sizes = both()
        .filter(|(_, one, other)| one.size != other.size)
        .map(|(name, one, other)| format!("{name}: {} and {} bytes", one.size, other.size))
        .collect();
    let contents = both()
        .filter(|(_, one, other)| one.size == other.size && one.content != other.content)
        .map(|(name, one, other)| {
            let pairs = one.content.iter().zip(&other.content);
            let count = pairs.filter(|(one, other)| one != other).count();
            format!("{name}: {count} of {} bytes differ", one.size)
        })
        .collect();
    let lists = [
        only(one, other, "first"),
        only(other, one, "second"),
        sizes,
        contents,
    ];
    lists.into_iter().flat_map(shorten).collect()
}

/// The first of `lines`, and how many there are more.
fn shorten(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(NAMED);
    if more > 0 {
        lines.truncate(NAMED);
        lines.push(format!("and {more} more like that"));
    }
    lines
}
