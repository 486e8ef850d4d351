// SPDX-License-Identifier: BSD-2-Clause

//! The programs, and what becomes of them.

use anyhow::{Context, Result};
use goblin::elf::Elf;
use goblin::elf::program_header::{PT_LOAD, ProgramHeader};

use super::linker::Linker::{self, Clang, Gnu, Gold, Rust};
use crate::segments::header_offset;

/// A kind of program.
pub(super) struct Row {
    /// Its name in those of tests.
    pub(super) name: &'static str,
    /// The linkers that make it.
    pub(super) linkers: &'static [Linker],
    /// The linker's flags.
    pub(super) flags: &'static str,
    /// What changes the linked program.
    pub(super) change: Change,
    pub(super) outcome: Outcome,
}

/// What changes a linked program.
#[derive(Clone, Copy)]
pub(super) enum Change {
    Nothing,
    /// objcopy, with these options.
    Objcopy(&'static str),
    /// This function.
    Edit(fn(&mut [u8]) -> Result<()>),
}

/// What becomes of a program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It boots without a warning.
    Boots,
    /// It boots. The builder warns of its gaps.
    BootsWithGaps,
    /// The builder's error and its help contain these texts.
    Refused(&'static str, &'static str),
}

use Change::{Edit, Nothing, Objcopy};
use Outcome::{Boots, BootsWithGaps, Refused};

const NOT_FIXED: Outcome = Refused("not linked for fixed addresses", "-no-pie");
const ONLY_DEBUG: Outcome = Refused("lacks its own code", "--only-keep-debug");

/// A row for all linkers.
const fn row(name: &'static str, flags: &'static str, change: Change, outcome: Outcome) -> Row {
    Row {
        name,
        linkers: &Linker::ALL,
        flags,
        change,
        outcome,
    }
}

/// A row that objcopy changes. It comes with GNU binutils.
const fn changed(name: &'static str, options: &'static str, outcome: Outcome) -> Row {
    Row {
        linkers: &[Rust, Gnu, Gold],
        ..row(name, "", Objcopy(options), outcome)
    }
}

pub(super) const ROWS: [Row; 26] = [
    row("default", "", Nothing, Boots),
    row("4k", "-z max-page-size=0x1000", Nothing, Boots),
    row("16k", "-z max-page-size=0x4000", Nothing, Boots),
    row("64k", "-z max-page-size=0x10000", Nothing, Boots),
    row("2m", "-z max-page-size=0x200000", Nothing, BootsWithGaps),
    row("nmagic", "-n", Nothing, Boots),
    // gold can't have RELRO here.
    row("omagic", "-N -z norelro", Nothing, Boots),
    row("relro", "-z relro -z now", Nothing, Boots),
    row("no_relro", "-z norelro", Nothing, Boots),
    Row {
        linkers: &[Rust, Clang, Gnu],
        ..row("separate_code", "-z separate-code", Nothing, Boots)
    },
    row("gap", "-Tdata=0x600000", Nothing, BootsWithGaps),
    row(
        "gap_wider_than_ram",
        "-Tdata=0x80000000",
        Nothing,
        Refused("no room for the root task", "next to each other"),
    ),
    row("build_id", "--build-id", Nothing, Boots),
    row("without_symbols", "-s", Nothing, Boots),
    row("without_debug_information", "-S", Nothing, Boots),
    changed("stripped", "--strip-all", Boots),
    changed("only_debug", "--only-keep-debug", ONLY_DEBUG),
    changed(
        "split_debug",
        "--strip-debug --add-gnu-debuglink=task.o",
        Boots,
    ),
    row("without_sections", "", Edit(without_sections), Boots),
    row("shuffled_headers", "", Edit(reverse_headers), Boots),
    row(
        "overlapping_headers",
        "",
        Edit(overlap),
        Refused("its PT_LOADs overlap", "linker script"),
    ),
    row("pie", "-pie -dynamic-linker /ld.so", Nothing, NOT_FIXED),
    Row {
        linkers: &[Rust, Clang, Gnu],
        ..row("static_pie", "-pie --no-dynamic-linker", Nothing, NOT_FIXED)
    },
    row("shared", "-shared", Nothing, NOT_FIXED),
    row(
        "dynamic",
        "-no-pie -dynamic-linker /ld.so library.so",
        Nothing,
        Refused("dynamically linked", "-static -no-pie"),
    ),
    row(
        "object",
        "-r",
        Nothing,
        Refused("not a program", "pass the linked program"),
    ),
];

/// Removes the section headers from the ELF header: `e_shoff`, `e_shnum` and `e_shstrndx`.
fn without_sections(file: &mut [u8]) -> Result<()> {
    file[40..48].fill(0);
    file[60..64].fill(0);
    Ok(())
}

/// Reverses the program headers. The System V ABI wants `PT_LOAD`s in ascending order.
fn reverse_headers(file: &mut [u8]) -> Result<()> {
    let header = Elf::parse(file)?.header;
    let size = usize::from(header.e_phentsize);
    let start = header_offset(file, 0)?;
    let table = &mut file[start..start + usize::from(header.e_phnum) * size];
    let reversed: Vec<_> = table.rchunks(size).collect();
    let reversed = reversed.concat();
    table.copy_from_slice(&reversed);
    Ok(())
}

/// Puts the last `PT_LOAD` at the address of the first.
fn overlap(file: &mut [u8]) -> Result<()> {
    let headers = Elf::parse(file)?.program_headers;
    let is_load = |header: &ProgramHeader| header.p_type == PT_LOAD;
    let first = headers.iter().find(|header| is_load(header));
    let address = first.context("no PT_LOAD")?.p_vaddr;
    let last = headers.iter().rposition(is_load).context("no PT_LOAD")?;
    // p_vaddr
    let place = header_offset(file, last)? + 16;
    file[place..place + 8].copy_from_slice(&address.to_le_bytes());
    Ok(())
}
