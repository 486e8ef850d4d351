// SPDX-License-Identifier: BSD-2-Clause

//! Compares programs by functions and objects.

use std::collections::BTreeMap;

use goblin::elf::Elf;
use goblin::elf::section_header::{SHT_NOBITS, SectionHeader};
use goblin::elf::sym::{STT_FUNC, STT_OBJECT, Sym};

use super::report::Report;
use super::side::Side;
use super::{maps, only};
use crate::diagnostic::Flag;
use crate::elf::demangled::demangled;
use crate::elf::slice;

/// Most symbols that are named for each kind of difference.
const NAMED: usize = 12;

/// The functions and objects of a program, by name and by number among those of the same name: the size of each, and
/// its bytes in the file. These are empty if there are none.
type Symbols<'a> = BTreeMap<(String, usize), (u64, &'a [u8])>;

/// Reads the symbols of a program. `None` if `file` isn't an ELF file.
pub(super) fn read(file: &[u8]) -> Option<Symbols<'_>> {
    let elf = Elf::parse(file).ok()?;
    let mut symbols: Vec<_> = elf
        .syms
        .iter()
        .filter(|symbol| matches!(symbol.st_type(), STT_FUNC | STT_OBJECT) && symbol.st_size > 0)
        .collect();
    symbols.sort_by_key(|symbol| symbol.st_value);
    let mut by_name = Symbols::new();
    let mut counts = BTreeMap::<String, usize>::new();
    for symbol in symbols {
        let mangled = elf.strtab.get_at(symbol.st_name).unwrap_or_default();
        let name = demangled(mangled);
        let count = counts.entry(name.clone()).or_default();
        let content = content(file, &elf.section_headers, &symbol).unwrap_or_default();
        by_name.insert((name, *count), (symbol.st_size, content));
        *count += 1;
    }
    Some(by_name)
}

/// The bytes of `symbol` in the file.
fn content<'a>(file: &'a [u8], sections: &[SectionHeader], symbol: &Sym) -> Option<&'a [u8]> {
    let section = sections.get(symbol.st_shndx)?;
    if section.sh_type == SHT_NOBITS {
        return None;
    }
    let offset = symbol.st_value.checked_sub(section.sh_addr)?;
    slice(file, section.sh_offset.checked_add(offset)?, symbol.st_size)
}

/// The differing functions and objects of the programs of `flag`. Adds a note to `report` if it can't find them.
pub(super) fn of_programs(
    one: &Side<'_>,
    other: &Side<'_>,
    flag: Flag,
    report: &mut Report,
) -> Vec<String> {
    let programs = (one.program(flag), other.program(flag));
    if let (Some((name, ours)), Some((_, theirs))) = &programs
        && let (Some(ours), Some(theirs)) = (read(ours), read(theirs))
    {
        let lines = compare(&ours, &theirs).into_iter();
        return lines.map(|line| format!("{name}: {line}")).collect();
    }
    report.note(
        "to compare programs by symbol, keep the manifest of each image beside it, and its programs \
         there, in debug/ or in a folder that --programs names",
    );
    Vec::new()
}

/// Lists the differences: symbols on one side only, then different sizes, then different content.
pub(super) fn compare(one: &Symbols<'_>, other: &Symbols<'_>) -> Vec<String> {
    let mut lists = [const { Vec::new() }; 4];
    for ((name, _), ours, theirs) in maps(one, other) {
        match (ours, theirs) {
            (Some((size, _)), Some((other_size, _))) if size != other_size => {
                lists[2].push(format!("{name}: {size} and {other_size} bytes"));
            }
            (Some((_, ours)), Some((_, theirs))) => {
                let pairs = ours.iter().zip(*theirs);
                let count = pairs.filter(|(one, other)| one != other).count();
                if count > 0 {
                    lists[3].push(format!("{name}: {count} of {} bytes differ", ours.len()));
                }
            }
            (Some((size, _)), None) => {
                lists[0].push(format!("{name}: {}, {size} bytes", only(true)));
            }
            (None, Some((size, _))) => {
                lists[1].push(format!("{name}: {}, {size} bytes", only(false)));
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
