// SPDX-License-Identifier: BSD-2-Clause

//! Compares programs by functions and objects.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use goblin::elf::Elf;
use goblin::elf::section_header::SHT_NOBITS;
use goblin::elf::sym::{STT_FUNC, STT_OBJECT};

use super::report::Report;
use super::side::Side;
use super::{maps, only};
use crate::diagnostic::Flag;
use crate::elf::demangled::demangled;

/// Most symbols that are named for each kind of difference.
const NAMED: usize = 12;

/// The functions and objects of a program.
pub(super) struct Symbols<'a> {
    file: Cow<'a, [u8]>,
    /// By name, and by number among those of the same name.
    by_name: BTreeMap<(String, usize), Symbol>,
}

struct Symbol {
    size: u64,
    /// Its bytes in the file; empty if there are none.
    content: Range<usize>,
}

/// Reads the symbols of a program. `None` if `file` isn't an ELF file.
pub(super) fn read<'a>(file: impl Into<Cow<'a, [u8]>>) -> Option<Symbols<'a>> {
    let file = file.into();
    let elf = Elf::parse(&file).ok()?;
    let mut symbols: Vec<_> = elf
        .syms
        .iter()
        .filter(|symbol| matches!(symbol.st_type(), STT_FUNC | STT_OBJECT) && symbol.st_size > 0)
        .collect();
    symbols.sort_by_key(|symbol| symbol.st_value);
    let mut by_name = BTreeMap::new();
    let mut counts = BTreeMap::<String, usize>::new();
    for symbol in symbols {
        let mangled = elf.strtab.get_at(symbol.st_name).unwrap_or_default();
        let name = demangled(mangled);
        let count = counts.entry(name.clone()).or_default();
        let content = content(&elf, symbol.st_shndx, symbol.st_value, symbol.st_size);
        let symbol = Symbol {
            size: symbol.st_size,
            content: content.unwrap_or_default(),
        };
        by_name.insert((name, *count), symbol);
        *count += 1;
    }
    Some(Symbols { file, by_name })
}

/// The place of a symbol's bytes in the file.
fn content(elf: &Elf<'_>, section: usize, address: u64, size: u64) -> Option<Range<usize>> {
    let section = elf.section_headers.get(section)?;
    if section.sh_type == SHT_NOBITS {
        return None;
    }
    let offset = address.checked_sub(section.sh_addr)?;
    let start = usize::try_from(section.sh_offset.checked_add(offset)?).ok()?;
    Some(start..start.checked_add(usize::try_from(size).ok()?)?)
}

impl Symbols<'_> {
    fn content(&self, symbol: &Symbol) -> &[u8] {
        self.file.get(symbol.content.clone()).unwrap_or_default()
    }
}

/// The differing functions and objects of the programs of `flag`. Adds a note to `report` if it can't find them.
pub(super) fn of_programs(
    one: &Side<'_>,
    other: &Side<'_>,
    flag: Flag,
    report: &mut Report,
) -> Vec<String> {
    let (Some((name, ours)), Some((_, theirs))) = (one.program(flag), other.program(flag)) else {
        report.note(
            "to compare programs by symbol, keep the manifest of each image beside it, and its programs \
             there, in debug/ or in a folder that --programs names",
        );
        return Vec::new();
    };
    let lines = compare(&ours, &theirs).into_iter();
    lines.map(|line| format!("{name}: {line}")).collect()
}

/// Lists the differences: symbols on one side only, then different sizes, then different content.
pub(super) fn compare(one: &Symbols<'_>, other: &Symbols<'_>) -> Vec<String> {
    let mut lists = [const { Vec::new() }; 4];
    for ((name, _), ours, theirs) in maps(&one.by_name, &other.by_name) {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours.size != theirs.size => {
                lists[2].push(format!("{name}: {} and {} bytes", ours.size, theirs.size));
            }
            (Some(ours), Some(theirs)) => {
                let (ours, theirs) = (one.content(ours), other.content(theirs));
                let pairs = ours.iter().zip(theirs);
                match pairs.filter(|(one, other)| one != other).count() {
                    0 => {}
                    count => {
                        lists[3].push(format!("{name}: {count} of {} bytes differ", ours.len()))
                    }
                }
            }
            (Some(symbol), None) => {
                lists[0].push(format!("{name}: {}, {} bytes", only(true), symbol.size));
            }
            (None, Some(symbol)) => {
                lists[1].push(format!("{name}: {}, {} bytes", only(false), symbol.size));
            }
            (None, None) => {}
        }
    }
    lists.into_iter().flat_map(first_few).collect()
}

/// The first few of `lines`, and the number of the others.
fn first_few(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(NAMED);
    if more > 0 {
        lines.truncate(NAMED);
        lines.push(format!("and {more} more like that"));
    }
    lines
}
