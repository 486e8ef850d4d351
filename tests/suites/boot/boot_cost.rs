// SPDX-License-Identifier: BSD-2-Clause

//! Counts what a small program costs real hardware, whose accesses are known, and the instructions of another one.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use kaal_harness::elf;
use kaal_harness::qemu::{BootCost, Machine, instructions_during};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

/// The address of the program.
const START: u64 = 0x4010_0000;

/// Offsets in the program: of the handler of calls from EL1, and of the translation table of EL1.
const HANDLER: usize = 0xc00;
const TABLE: usize = 0x1000;

/// The program.
const CODE: [u32; 38] = [
    // At EL2, with all caches off.
    0x1000_7800, // adr x0, data
    0x1000_3fe1, // adr x1, vectors
    0xd51c_c001, // msr vbar_el2, x1
    0x1000_7fa1, // adr x1, table
    0xd518_2001, // msr ttbr0_el1, x1
    0xd280_0321, // mov x1, #0x19
    0xd518_2041, // msr tcr_el1, x1
    0xd280_1fe1, // mov x1, #0xff
    0xd518_a201, // msr mair_el1, x1
    0xd2b0_0001, // mov x1, #0x80000000
    0xd51c_1101, // msr hcr_el2, x1
    0xd280_78a1, // mov x1, #0x3c5
    0xd51c_4001, // msr spsr_el2, x1
    0x1000_0161, // adr x1, el1
    0xd51c_4021, // msr elr_el2, x1
    // The wrong register: M, C, I. The caches of EL2 stay off.
    0xd282_00a1, // mov x1, #0x1005
    0xd518_1001, // msr sctlr_el1, x1
    0xd503_3fdf, // isb
    0xf940_0002, // ldr x2, [x0]
    // I at EL2. The next instruction is the first with this cache.
    0xd282_0001, // mov x1, #0x1000
    0xd51c_1001, // msr sctlr_el2, x1
    0xd503_3fdf, // isb
    0xa940_0c02, // ldp x2, x3, [x0]
    0xd69f_03e0, // eret
    // At EL1, with all caches on.
    0xf940_0002, // ldr x2, [x0]
    0xf900_0002, // str x2, [x0]
    // C and I without M: the data cache is off.
    0xd282_0081, // mov x1, #0x1004
    0xd518_1001, // msr sctlr_el1, x1
    0xd503_3fdf, // isb
    0xf940_0002, // ldr x2, [x0]
    // M and C without I: the instruction cache is off.
    0xd280_00a1, // mov x1, #0x5
    0xd518_1001, // msr sctlr_el1, x1
    0xd503_3fdf, // isb
    // Three rounds.
    0xd280_0061, // mov x1, #0x3
    0xd100_0421, // sub x1, x1, #0x1
    0xb5ff_ffe1, // cbnz x1, back to sub
    // Back to EL2, which still has I.
    0xf900_0002, // str x2, [x0]
    0xd400_0002, // hvc #0x0
];

/// The handler: `ldr x2, [x0]`.
const LOAD: u32 = 0xf940_0002;

/// The RAM's GiB at its own address: a block of normal memory with the access flag, inner shareable.
const BLOCK: u64 = 0x4000_0701;

const EXPECTED: BootCost = BootCost {
    // The loop runs three times, and the handler has one more.
    instructions: 38 + 2 * 2 + 1,
    // Two loads and a pair at EL2, a load at EL1.
    accesses: 2 + 2 + 1,
    // Six at EL2. At EL1: the loop's line, again for each jump back, and that behind it.
    lines: 6 + 1 + 2 + 1,
};

/// A program that powers off, and the number of its instructions from [`FROM`] on, with a loop of two that runs three
/// times.
const POWERING_OFF: [u32; 8] = [
    0xd503_201f, // nop
    0x1400_0001, // b from
    0xd280_0061, // from: mov x1, #0x3
    0xd100_0421, // sub x1, x1, #0x1
    0xb5ff_ffe1, // cbnz x1, back to sub
    0xd280_0100, // mov x0, #0x8
    0xf2b0_8000, // movk x0, #0x8400, lsl #16: SYSTEM_OFF
    0xd400_0002, // hvc #0x0
];
const FROM: u64 = START + 8;
const TOTAL: u64 = 1 + 3 * 2 + 3;

/// Longer than the program runs.
const TIME_LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn trials(workspace: &Workspace) -> [Trial; 2] {
    [
        crate::trial(workspace, "boot_cost::of_known_accesses", accesses),
        crate::trial(workspace, "boot_cost::of_known_instructions", total),
    ]
}

fn accesses(workspace: &Workspace) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("program.elf");
    fs::write(&image, elf::executable(START, &program()))?;
    let machine = Machine::hypervisor();
    let end = START + HANDLER as u64 + 4;
    let cost = BootCost::until(end, &workspace.counter(), || machine.booting(&image))?;
    ensure!(cost == EXPECTED, "{EXPECTED:?} expected, found {cost:?}");
    Ok(())
}

fn total(workspace: &Workspace) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("program.elf");
    let program = POWERING_OFF.map(u32::to_le_bytes).concat();
    fs::write(&image, elf::executable(START, &program))?;
    let boot = Machine::ordinary().booting(&image);
    let total = instructions_during(FROM, &workspace.counter(), boot, |guest| {
        guest.wait_for_end(TIME_LIMIT)
    })?;
    ensure!(total == TOTAL, "{TOTAL} expected, found {total}");
    Ok(())
}

fn program() -> Vec<u8> {
    let mut program = CODE.map(u32::to_le_bytes).concat();
    program.resize(HANDLER, 0);
    program.extend(LOAD.to_le_bytes());
    program.resize(TABLE, 0);
    program.extend([0, BLOCK].map(u64::to_le_bytes).concat());
    program
}
