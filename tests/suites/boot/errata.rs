// SPDX-License-Identifier: BSD-2-Clause

//! Searches the built programs for instructions that the Cortex-A53 may execute wrongly (Arm Cortex-A53 MPCore Software
//! Developers Errata Notice, ARM-EPM-048406).

use std::fs;

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use goblin::elf::program_header::PT_LOAD;
use kaal_harness::workspace::{Program, Workspace};
use kaal_payload::PAGE_SIZE;
use libtest_mimic::Trial;

use crate::trial;

/// The programs that run on boards.
const PROGRAMS: [(&str, Program); 4] = [
    ("loader", Program::Loader),
    ("signed_loader", Program::SignedLoader),
    ("unpacker", Program::Unpacker),
    ("efi_stub", Program::EfiStub),
];

/// `adrp x0, .`
const ADRP: u32 = 0x9000_0000;
/// `ldr x1, [x2]`
const LOAD: u32 = 0xf940_0041;
/// `ldr x3, [x0, #8]`
const LOAD_FROM_X0: u32 = 0xf940_0403;
/// `madd x0, x3, x4, x5`
const MULTIPLY_ADD: u32 = 0x9b04_1460;
/// `mul x0, x3, x4`
const MULTIPLY: u32 = 0x9b04_7c60;
/// `madd w0, w3, w4, w5`
const MULTIPLY_ADD_32: u32 = 0x1b04_1460;
const NOP: u32 = 0xd503_201f;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = vec![trial(workspace, "errata::are_found", |_| are_found())];
    for (name, program) in PROGRAMS {
        let name = format!("errata::{name}_has_none");
        trials.push(trial(workspace, name, move |workspace| {
            has_none(&fs::read(workspace.program(program))?)
        }));
    }
    trials
}

fn has_none(file: &[u8]) -> Result<()> {
    let elf = Elf::parse(file)?;
    let segments = elf.program_headers.iter();
    let executable = segments.filter(|load| load.p_type == PT_LOAD && load.is_executable());
    let mut count = 0;
    for load in executable {
        let content = file.get(load.file_range()).context("a cut file")?;
        let (words, _) = content.as_chunks();
        let code: Vec<_> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let found = find(load.p_vaddr, &code);
        ensure!(
            found.is_none(),
            "no erratum's sequence expected, found {found:x?}"
        );
        count += code.len();
    }
    ensure!(count > 0, "the program has no code");
    Ok(())
}

/// The first sequence of an erratum in `code`, which lies at `start`: its address and the number of the erratum.
fn find(start: u64, code: &[u32]) -> Option<(u64, &'static str)> {
    let addresses = (start..).step_by(size_of::<u32>());
    addresses
        .enumerate()
        .take(code.len())
        .find_map(|(index, address)| {
            let code = &code[index..];
            let number = match code {
                _ if address_is_wrong(address, code) => "843419",
                [first, second, ..] if accesses_memory(*first) && accumulates(*second) => "835769",
                _ => return None,
            };
            Some((address, number))
        })
}

/// Whether `code` begins with ADRP at the end of a page, an access to memory, at most one other instruction, and an
/// access relative to the result of ADRP.
fn address_is_wrong(address: u64, code: &[u32]) -> bool {
    let [adrp, second, others @ ..] = code else {
        return false;
    };
    let base = adrp & 0x1f;
    address % PAGE_SIZE >= PAGE_SIZE - 8
        && adrp & 0x9f00_0000 == ADRP
        && accesses_memory(*second)
        && others.iter().take(2).any(|other| {
            // Load or store of a register, with an unsigned immediate offset.
            other & 0x3b00_0000 == 0x3900_0000 && other >> 5 & 0x1f == base
        })
}

/// Whether the instruction is a load, a store or a prefetch (Arm ARM, DDI 0487, C4.1, "Loads and Stores").
fn accesses_memory(instruction: u32) -> bool {
    instruction & 0x0a00_0000 == 0x0800_0000
}

/// Whether the instruction adds a product to a register of 64 bits, or subtracts it (Arm ARM, DDI 0487, C4.1,
/// "Data-processing (3 source)").
fn accumulates(instruction: u32) -> bool {
    const ZERO_REGISTER: u32 = 31;
    instruction >> 24 == 0x9b && instruction >> 10 & 0x1f != ZERO_REGISTER
}

fn are_found() -> Result<()> {
    let cases: [(u64, &[u32], _); 10] = [
        (0x1000, &[NOP, LOAD, MULTIPLY_ADD], Some((0x1004, "835769"))),
        (0x1000, &[LOAD, NOP, MULTIPLY_ADD], None),
        (0x1000, &[MULTIPLY_ADD, LOAD], None),
        (0x1000, &[LOAD, MULTIPLY], None),
        (0x1000, &[LOAD, MULTIPLY_ADD_32], None),
        (
            0x1ff8,
            &[ADRP, LOAD, LOAD_FROM_X0],
            Some((0x1ff8, "843419")),
        ),
        (
            0x1ff8,
            &[NOP, ADRP, LOAD, NOP, LOAD_FROM_X0],
            Some((0x1ffc, "843419")),
        ),
        (0x1ff4, &[ADRP, LOAD, LOAD_FROM_X0], None),
        (0x1ffc, &[ADRP, NOP, LOAD_FROM_X0], None),
        (0x1ffc, &[ADRP, LOAD, NOP, NOP, LOAD_FROM_X0], None),
    ];
    for (start, code, expected) in cases {
        let found = find(start, code);
        ensure!(
            found == expected,
            "{expected:x?} expected in {code:x?} at {start:#x}, found {found:x?}"
        );
    }
    Ok(())
}
